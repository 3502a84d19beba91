// @ts-check
/**
 * The console's script: refresh the page, run the clock, and ask for confirmation before a dangerous button.
 * Without it every page works, and the reader reloads it.
 *
 * The page fetches itself with `X-Live` and changes only what differs, so that text the reader has selected, opened
 * or begun to type stays as it is.
 */

const EVERY = 1000;
const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const seoul = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Seoul", dateStyle: "short", timeStyle: "medium" });
/** Forms that the reader has begun to fill in. */
const touched = new WeakSet();
let etag = "";

document.querySelector(".sections [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
tick();
setInterval(tick, 250);
if (main.dataset.module === "live") setTimeout(refresh, EVERY);
document.addEventListener("submit", askFirst);
document.addEventListener("input", (event) => {
  const form = event.target instanceof Element && event.target.closest("form");
  if (form) touched.add(form);
});

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
  bringChildren(main, /** @type {HTMLElement} */ (fresh.getElementById("main")));
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

/**
 * Make `old` equal to `fresh`, except a form that the reader is using.
 * @param {Element} old
 * @param {Element} fresh
 */
function bring(old, fresh) {
  const isInUse = old.matches("form") && (old.contains(document.activeElement) || touched.has(old));
  if (isInUse || old.hasAttribute("data-clock") || old.isEqualNode(fresh)) return;
  copyAttributes(old, fresh);
  bringChildren(old, fresh);
}

/**
 * Update the children one by one. A child with an id is recognised by its id, at any position.
 * @param {Element} old
 * @param {Element} fresh
 */
function bringChildren(old, fresh) {
  let next = old.firstChild;
  for (const child of Array.from(fresh.childNodes)) {
    const known = sameAs(child, old, next);
    if (known && known === next) next = next.nextSibling;
    else old.insertBefore(known || enter(child), next);
    if (known instanceof Element) bring(known, /** @type {Element} */ (child));
    else if (known && known.nodeValue !== child.nodeValue) known.nodeValue = child.nodeValue;
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

/**
 * Return the child of `old` that corresponds to `child`: the one with the same id, else `next` if it is alike.
 * @param {ChildNode} child
 * @param {Element} old
 * @param {ChildNode | null} next
 * @returns {ChildNode | null}
 */
function sameAs(child, old, next) {
  if (child instanceof Element && child.id) {
    return Array.from(old.children).find((sibling) => sibling.id === child.id) || null;
  }
  const isAlike = next && next.nodeName === child.nodeName && !(next instanceof Element && next.id);
  return isAlike ? next : null;
}

/** @param {ChildNode} child */
function enter(child) {
  if (child instanceof Element && child.nodeName === "TR") child.classList.add("fresh");
  return child;
}

/**
 * Copy every attribute except `open`, so that what the reader has opened stays open.
 * @param {Element} old
 * @param {Element} fresh
 */
function copyAttributes(old, fresh) {
  for (const name of [...old.getAttributeNames(), ...fresh.getAttributeNames()]) {
    const value = fresh.getAttribute(name);
    if (name === "open" || old.getAttribute(name) === value) continue;
    if (value === null) old.removeAttribute(name);
    else old.setAttribute(name, value);
  }
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

/** @param {SubmitEvent} event */
function askFirst(event) {
  const question = event.target instanceof HTMLElement && event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
}
