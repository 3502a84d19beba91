// @ts-check
// Turns panels that follow each other into tabs. Each panel has an id, and its name in `data-tab`.
import { markSelected, tabList } from "../components/tab-list.js";

/** The panel that was selected last in each set, by the set's name: a part of the page that is replaced keeps it. */
const chosen = new Map();

/** @param {HTMLElement} element with `data-label`, the name of the whole set */
export default function tabs(element) {
  const { label = "" } = element.dataset;
  const panels = /** @type {HTMLElement[]} */ ([...element.querySelectorAll(":scope > [data-tab]")]);
  const list = tabList(panels, { nameOf: (panel) => panel.dataset.tab ?? "", label }, (id) => {
    chosen.set(label, id);
    select(list, panels, id);
  });
  for (const panel of panels) {
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", `${panel.id}-tab`);
  }
  element.prepend(list);
  const before = panels.find((panel) => panel.id === chosen.get(label)) ?? panels[0];
  select(list, panels, before.id);
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement[]} panels
 * @param {string} id
 */
function select(list, panels, id) {
  markSelected(list, id);
  for (const panel of panels) panel.hidden = panel.id !== id;
}
