// @ts-check
// The request as JSON: the same setup as the form, in both directions. While the text is wrong, the form keeps the last
// valid request.
import { problemAt } from "./json-problem.js";
import { isObject, same } from "./leaves.js";
import { filled } from "./values.js";

const SECRET = /secret|password|imp_key|access_token|authorization|card_number|pwd_2digit/i;

/**
 * @param {HTMLElement} workbench
 * @param {import("./setup.js").Setup} setup
 * @returns {() => void} draws the text again after a change of the setup
 */
export function bindJson(workbench, setup) {
  const area = /** @type {HTMLTextAreaElement} */ (workbench.querySelector("#request-text"));
  const problem = /** @type {HTMLElement} */ (workbench.querySelector("#request-text-problem"));
  bindTabs([...workbench.querySelectorAll('[aria-controls^="request-"][role=tab]')]);
  const words = area.dataset;

  area.addEventListener("input", () => {
    const { request, wrong } = read(area.value, words);
    problem.textContent = wrong ?? "";
    area.setAttribute("aria-invalid", String(wrong !== null));
    if (request) setup.replace(request);
  });

  return () => {
    const request = setup.request();
    if (same(read(area.value, words).request, request)) return;
    area.value = JSON.stringify(request, null, 2);
    area.setAttribute("aria-invalid", "false");
    problem.textContent = "";
  };
}

/**
 * Return the request that a text stands for, or what is wrong with the text.
 *
 * @param {string} text
 * @param {DOMStringMap} words
 * @returns {{request: Record<string, unknown> | null, wrong: string | null}}
 */
function read(text, words) {
  try {
    const request = JSON.parse(text);
    if (!isObject(request)) return { request: null, wrong: words.object ?? "" };
    const secret = secretIn(request);
    return secret ? { request: null, wrong: filled(words.secret ?? "", { name: secret }) } : { request, wrong: null };
  } catch {
    const line = text.slice(0, problemAt(text)).split("\n").length;
    return { request: null, wrong: filled(words.problem ?? "", { line: String(line) }) };
  }
}

/** Return the first name that a browser must never send, at any depth. @param {Record<string, unknown>} object @returns {string} */
function secretIn(object) {
  for (const [name, value] of Object.entries(object)) {
    if (SECRET.test(name)) return name;
    const inner = isObject(value) ? secretIn(value) : "";
    if (inner) return inner;
  }
  return "";
}

/** Show the panel of the selected tab. Arrow keys move between the tabs. @param {Element[]} tabs */
function bindTabs(tabs) {
  const buttons = /** @type {HTMLButtonElement[]} */ (tabs);
  const select = (/** @type {HTMLButtonElement} */ chosen) => {
    for (const button of buttons) {
      button.setAttribute("aria-selected", String(button === chosen));
      button.tabIndex = button === chosen ? 0 : -1;
      const panel = document.getElementById(button.getAttribute("aria-controls") ?? "");
      if (panel) panel.hidden = button !== chosen;
    }
  };
  for (const button of buttons) {
    button.addEventListener("click", () => select(button));
    button.addEventListener("keydown", ({ key }) => {
      if (key !== "ArrowLeft" && key !== "ArrowRight") return;
      const other = buttons[(buttons.indexOf(button) + 1) % buttons.length];
      select(other);
      other.focus();
    });
  }
}
