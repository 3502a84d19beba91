// @ts-check
// A pane of code that follows the request: while a field is typed its lines change, and the pointer on a line points at
// its field in the form, and the other way round.
import { linesOf } from "./code-lines.js";
import { replaceValues } from "./code-values.js";
import { same } from "./leaves.js";

/**
 * @param {HTMLElement} code with `data-ran`, the request of the shown run as JSON if there was one. `data-printed` tells
 *   how the lines of the request are printed here: with its `values`, or from the server's `order` by `data-sources`;
 *   without it, only single values follow
 */
export default function follow(code) {
  const workbench = /** @type {HTMLElement} */ (code.closest("#workbench"));
  const ran = JSON.parse(code.dataset.ran ?? "{}");
  const sources = code.dataset.printed === "order" ? JSON.parse(code.dataset.sources ?? "{}") : null;
  let shown = /** @type {Record<string, unknown>} */ ({ ...JSON.parse(workbench.dataset.request ?? "{}"), ...ran });
  /** The request of the run with the reader's changes. They are not in what the server sends, which other panes print. */
  let before = /** @type {Record<string, unknown> | null} */ (code.dataset.printed ? {} : null);

  /** @param {Record<string, unknown>} request */
  const show = (request) => {
    if (code.dataset.printed) print(code, request, sources);
    else replaceValues(code, shown, request);
    shown = request;
  };
  /** @param {import("../types.js").SetupDetail} setup */
  const showSetup = ({ request, changed }) => {
    const made = (before ??= request);
    show(afterRun(request, changed.filter((name) => !(name in made) || !same(request[name], made[name])), ran));
  };

  if (workbench.dataset.setup) showSetup(JSON.parse(workbench.dataset.setup));
  workbench.addEventListener("setup-change", (event) => showSetup(/** @type {CustomEvent} */ (event).detail));
  workbench.addEventListener("run-order", (event) => show(/** @type {CustomEvent} */ (event).detail.sent));
  for (const type of ["pointerover", "pointerleave"]) {
    code.addEventListener(type, (event) => point(workbench, /** @type {PointerEvent} */ (event)));
  }
  workbench.addEventListener("field-point", (event) => mark(code, /** @type {CustomEvent} */ (event).detail.name));
}

/**
 * Return the request with the ids and values of the shown run, except where the reader has changed them since.
 *
 * @param {Record<string, unknown>} request
 * @param {string[]} changed
 * @param {Record<string, unknown>} ran
 */
function afterRun(request, changed, ran) {
  const kept = Object.entries(ran).filter(([name]) => name in request && !changed.includes(name));
  return { ...request, ...Object.fromEntries(kept) };
}

/**
 * Replace the lines of the request.
 *
 * @param {HTMLElement} code
 * @param {Record<string, unknown>} request
 * @param {Record<string, string> | null} sources
 */
function print(code, request, sources) {
  const old = /** @type {HTMLElement[]} */ ([...code.querySelectorAll(".line")]);
  if (!old.length) return;
  const indent = /^ */.exec(old[0].textContent ?? "")?.[0] ?? "";
  const lines = linesOf(request, indent, sources).map(elementOf);
  const place = document.createElement("span");
  old[0].before(place);
  for (const line of old) {
    const next = line.nextSibling; // begins with the line end
    if (next) next.nodeValue = (next.nodeValue ?? "").slice(1);
    line.remove();
  }
  place.replaceWith(...lines.flatMap((line) => [line, document.createTextNode("\n")]));
}

/** @param {import("./code-lines.js").Line} line */
function elementOf({ field, pieces }) {
  const element = document.createElement("span");
  element.className = "line";
  element.dataset.field = field;
  for (const [text, colour] of pieces) {
    const piece = document.createElement("span");
    piece.className = colour;
    piece.textContent = text;
    element.append(colour ? piece : text);
  }
  return element;
}

/**
 * @param {HTMLElement} workbench
 * @param {PointerEvent} event
 */
function point(workbench, event) {
  const line = /** @type {HTMLElement} */ (event.target).closest(".line");
  const name = event.type === "pointerleave" ? null : (/** @type {HTMLElement | null} */ (line)?.dataset.field ?? null);
  workbench.dispatchEvent(new CustomEvent("field-point", { detail: { name } }));
}

/**
 * @param {HTMLElement} code
 * @param {string | null} name
 */
function mark(code, name) {
  for (const line of /** @type {NodeListOf<HTMLElement>} */ (code.querySelectorAll(".line"))) {
    const field = line.dataset.field ?? "";
    line.classList.toggle("line--pointed", name !== null && (field === name || field.startsWith(`${name}.`)));
  }
}
