// @ts-check
/**
 * The console's script: refresh the page, and run the clock.
 * Without this script every page works, and the reader reloads the page.
 *
 * The page fetches itself with `X-Live` and changes only what differs, so that what the reader has selected,
 * opened or begun to type stays as it is.
 */

import { morphChildren, spareFormsInUse } from "./morph.js";

const EVERY = 1000;
const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const seoul = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Seoul", dateStyle: "short", timeStyle: "medium" });
let etag = "";

document.querySelector(".sections [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
tick();
setInterval(tick, 250);
if (main.dataset.module === "live") setTimeout(refresh, EVERY);
spareFormsInUse();

function tick() {
  document.querySelectorAll("[data-clock]").forEach((clock) => {
    const offset = Number(clock.getAttribute("data-offset"));
    const text = seoul.format(Date.now() + offset * 1000);
    if (clock.textContent !== text) clock.textContent = text;
  });
}

async function refresh() {
  if (!document.hidden) await update().then(() => complain(false), () => complain(true));
  setTimeout(refresh, EVERY);
}

async function update() {
  const headers = { "X-Live": "1", ...(etag && { "If-None-Match": etag }) };
  const answer = await fetch(location.href, { headers, cache: "no-store" });
  if (answer.status === 304) return;
  if (!answer.ok) throw new Error(answer.statusText);
  etag = answer.headers.get("ETag") || "";
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  shiftClocks(fresh.getElementById("clock-state"));
  morphChildren(main, /** @type {HTMLElement} */ (fresh.getElementById("main")));
}

/** @param {HTMLElement | null} state */
function shiftClocks(state) {
  const offset = state?.dataset.offset || "0";
  document.querySelectorAll("[data-clock]").forEach((clock) => clock.setAttribute("data-offset", offset));
  document.querySelectorAll("[data-clock-shift]").forEach((shift) => {
    shift.textContent = state?.dataset.shift || "";
    shift.toggleAttribute("hidden", offset === "0");
  });
}

/** @param {boolean} isLost */
function complain(isLost) {
  const notice = document.querySelector(".lost-touch");
  if (!isLost) notice?.remove();
  if (!isLost || notice) return;
  const warning = document.createElement("p");
  warning.className = "lost-touch";
  warning.setAttribute("role", "status");
  warning.textContent = main.dataset.lost || "";
  document.body.append(warning);
}
