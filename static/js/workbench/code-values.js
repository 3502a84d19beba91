// @ts-check
// Lets single values in a file follow the request: in the Flask file and in curl, where the server writes most lines.
import { literal } from "./code-lines.js";

/** These lines keep their value, whatever the browser sends. */
const MADE_BY_THE_SERVER = new Set(["amount", "merchant_uid"]);

/**
 * Replace the values that have changed in the marked lines.
 *
 * @param {HTMLElement} code
 * @param {Record<string, unknown>} shown the request that the lines show now
 * @param {Record<string, unknown>} request the request that they will show
 */
export function replaceValues(code, shown, request) {
  for (const line of /** @type {NodeListOf<HTMLElement>} */ (code.querySelectorAll(".line"))) {
    const name = line.dataset.field ?? "";
    if (MADE_BY_THE_SERVER.has(name) || !(name in shown) || !(name in request)) continue;
    replaceText(line, literal(shown[name]), literal(request[name]));
  }
}

/**
 * @param {HTMLElement} line
 * @param {string} old
 * @param {string} fresh
 */
function replaceText(line, old, fresh) {
  const texts = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    node.nodeValue = (node.nodeValue ?? "").replace(old, () => fresh);
  }
}
