// @ts-check
// One field of the request panel: whether it is sent, its value, its buttons, and what the PG's rules say about it.
import { randomId } from "./ids.js";
import { same } from "./leaves.js";
import { filled, problemOf, textOf, valueOf } from "./values.js";

/**
 * @param {HTMLTableSectionElement} group with `data-facts`
 * @param {DOMStringMap} words sentences of the table, by the name of the rule
 * @param {import("./setup.js").Setup} setup
 */
export function bindRow(group, words, setup) {
  /** @type {import("../types.js").FieldFacts} */
  const field = JSON.parse(group.dataset.facts ?? "{}");
  group.dataset.field = field.name;
  const send = /** @type {HTMLInputElement} */ (group.querySelector("[type=checkbox]"));
  const control = /** @type {HTMLInputElement | HTMLSelectElement} */ (group.querySelector(".control input, .control select"));
  const dice = /** @type {HTMLButtonElement | null} */ (group.querySelector("[data-tool=dice]"));
  const undo = /** @type {HTMLButtonElement} */ (group.querySelector("[data-tool=reset]"));
  for (const part of [send, control, dice]) if (part) part.disabled = false;

  send.addEventListener("change", () => {
    if (!send.checked) setup.change(field.name, undefined);
    else if (field.sent) setup.reset(field.name);
    else setup.change(field.name, field.value ?? "");
  });
  control.addEventListener("input", () => setup.change(field.name, typed(field, control)));
  undo.addEventListener("click", () => {
    setup.reset(field.name);
    control.focus();
  });
  dice?.addEventListener("click", () => setup.change(field.name, randomId(String(field.value ?? "").split("_")[0] || "id")));

  return {
    /** @param {Map<string, unknown>} values @param {Set<string>} changed */
    draw(values, changed) {
      const value = values.get(field.name);
      const isChanged = changed.has(field.name);
      group.toggleAttribute("data-changed", isChanged);
      send.checked = value !== undefined;
      undo.hidden = !isChanged;
      if (!same(typed(field, control), value)) show(field, control, value, isChanged);
      if ("placeholder" in control && field.id) control.placeholder = (value === undefined ? words.notSent : words.byTheServer) ?? "";
      say(group, control, sentences(field, value, isChanged, words, setup.device !== "pc", group.dataset.hint));
    },
  };
}

/** Return the value in the control, or undefined if it says that the field is not sent. @param {import("../types.js").FieldFacts} field @param {HTMLInputElement | HTMLSelectElement} control */
function typed(field, control) {
  if (control instanceof HTMLSelectElement) return control.value ? JSON.parse(control.value) : undefined;
  if (field.id && control.value === "") return field.value;
  return valueOf(field, control.value);
}

/** @param {import("../types.js").FieldFacts} field @param {HTMLInputElement | HTMLSelectElement} control @param {unknown} value @param {boolean} isChanged */
function show(field, control, value, isChanged) {
  if (control instanceof HTMLSelectElement) {
    const wanted = value === undefined ? "" : JSON.stringify(value);
    if (![...control.options].some((option) => option.value === wanted)) control.add(new Option(textOf(field, value), wanted));
    control.value = wanted;
  } else {
    control.value = value === undefined || (field.id && !isChanged) ? "" : textOf(field, value);
  }
}

/** @param {import("../types.js").FieldFacts} field @param {unknown} value @param {boolean} isChanged @param {DOMStringMap} words @param {boolean} onPhone @param {string} [hint] */
function sentences(field, value, isChanged, words, onPhone, hint) {
  const problem = problemOf(field, value, onPhone);
  const wrong = problem && (problem.rule === "pattern" && hint ? hint : filled(words[problem.rule] ?? "", problem));
  if (!isChanged) return { wrong, change: "" };
  if (!field.sent) return { wrong, change: words.added };
  return { wrong, change: field.id ? words.replaced : filled(words.original ?? "", { value: textOf(field, field.value) }) };
}

/** @param {HTMLElement} group @param {HTMLElement} control @param {{wrong: string | null, change?: string}} said */
function say(group, control, { wrong, change }) {
  const line = /** @type {HTMLElement} */ (group.querySelector(".row-group__check"));
  const [problem, note] = /** @type {NodeListOf<HTMLElement>} */ (line.querySelectorAll("span"));
  problem.textContent = wrong ?? "";
  note.textContent = change ?? "";
  line.hidden = !wrong && !change;
  // The bar with Run covers the end of the screen, where the note of the field at hand may be.
  if (!line.hidden && group.contains(document.activeElement)) line.querySelector("p")?.scrollIntoView({ block: "nearest" });
  control.setAttribute("aria-invalid", String(Boolean(wrong)));
}
