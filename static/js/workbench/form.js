// @ts-check
// The table of parameters as a form: each row shows and changes one field of the setup.
import { bindRow } from "./row.js";

/**
 * @param {HTMLElement} workbench
 * @param {import("./setup.js").Setup} setup
 * @returns {() => void} draws the form again after a change of the setup
 */
export function bindForm(workbench, setup) {
  const table = /** @type {HTMLTableElement} */ (workbench.querySelector(".fields"));
  const rows = [...table.tBodies].map((group) => bindRow(group, table.dataset, setup));
  const undo = /** @type {HTMLButtonElement} */ (workbench.querySelector("#reset-fields"));
  undo.addEventListener("click", () => setup.reset());
  bindPointing(workbench, table);
  return () => {
    const values = setup.values();
    const changed = new Set(setup.changed());
    for (const row of rows) row.draw(values, changed);
    undo.hidden = changed.size === 0 && setup.mistakes.size === 0;
  };
}

/**
 * The fold of the rarer fields and of what the documents say about each. They work without the editor as well.
 *
 * @param {HTMLElement} workbench
 */
export function bindFolds(workbench) {
  const table = /** @type {HTMLTableElement} */ (workbench.querySelector(".fields"));
  const all = /** @type {HTMLButtonElement} */ (workbench.querySelector("#all-fields"));
  const label = all.textContent;
  all.addEventListener("click", () => {
    const isOpen = table.toggleAttribute("data-all");
    all.setAttribute("aria-expanded", String(isOpen));
    all.textContent = isOpen ? (all.dataset.fewer ?? "") : label;
  });
  table.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("[aria-expanded]");
    const group = button?.closest("tbody");
    if (!group) return;
    const isOpen = group.toggleAttribute("data-open");
    for (const other of group.querySelectorAll("[aria-expanded]")) other.setAttribute("aria-expanded", String(isOpen));
  });
}

/**
 * Announce the field under the pointer or with the focus, and mark the field that another panel announces.
 *
 * @param {HTMLElement} workbench
 * @param {HTMLTableElement} table
 */
function bindPointing(workbench, table) {
  /** @param {Event} event */
  const point = ({ target }) => announce(workbench, groupOf(target)?.dataset.field ?? null);
  for (const kind of ["pointerover", "focusin"]) table.addEventListener(kind, point);
  for (const kind of ["pointerleave", "focusout"]) table.addEventListener(kind, () => announce(workbench, null));
  workbench.addEventListener("field-point", (event) => {
    const { name } = /** @type {CustomEvent} */ (event).detail;
    for (const group of table.tBodies) group.toggleAttribute("data-pointed", group.dataset.field === name);
  });
}

/** @param {HTMLElement} workbench @param {string | null} name */
function announce(workbench, name) {
  if (workbench.dataset.pointed === (name ?? "")) return;
  workbench.dataset.pointed = name ?? "";
  workbench.dispatchEvent(new CustomEvent("field-point", { detail: { name } }));
}

/** @param {EventTarget | null} target */
function groupOf(target) {
  return target instanceof Element ? target.closest("tbody") : null;
}
