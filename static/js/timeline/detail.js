// @ts-check
// The open part of a row: its sentence, both durations, the code that did it, links, and what was sent and answered.
import { copyText } from "../copying.js";

/**
 * @param {HTMLElement} timeline with the template
 * @param {import("./types.js").TimelineRow} row
 * @returns {HTMLElement}
 */
export function detailOf(timeline, row) {
  const template = /** @type {HTMLTemplateElement} */ (timeline.querySelector("template[data-detail]"));
  const detail = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (detail.querySelector(`[data-${name}]`));
  part("sentence").textContent = row.title;
  part("when").textContent = row.when;
  const both = part("both");
  both.textContent = row.ms !== null && row.service_ms !== null ? bothOf(both.dataset.text ?? "", row) : "";
  part("source").textContent = row.source.replace("::", " · ");
  part("links").append(...Object.entries(row.links).flatMap(([label, url]) => [linkTo(label, url), " "]));
  for (const body of /** @type {NodeListOf<HTMLElement>} */ (detail.querySelectorAll("[data-part]"))) {
    fill(body, row[/** @type {"payload" | "request" | "response" | "curl"} */ (body.dataset.part)]);
  }
  const copy = /** @type {HTMLButtonElement} */ (part("copy"));
  const curl = /** @type {HTMLElement} */ (detail.querySelector('[data-part="curl"] code'));
  copy.addEventListener("click", () => copyText(copy, row.curl, curl));
  return detail;
}

/**
 * @param {string} text with `##` in the place of the service's milliseconds and `#` in that of the shop's
 * @param {import("./types.js").TimelineRow} row
 */
function bothOf(text, row) {
  return text.replace("##", String(Math.round(row.service_ms ?? 0))).replace("#", String(Math.round(row.ms ?? 0)));
}

/**
 * @param {HTMLElement} body
 * @param {unknown} value
 */
function fill(body, value) {
  body.hidden = value === null || value === undefined || value === "";
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  /** @type {HTMLElement} */ (body.querySelector("code")).textContent = text ?? "";
}

/**
 * @param {string} label
 * @param {string} url
 */
function linkTo(label, url) {
  const link = document.createElement("a");
  link.href = url;
  link.textContent = label;
  link.target = "_blank";
  link.rel = "noopener";
  return link;
}
