// @ts-check
// On a screen that is too narrow for three columns, the panels beside the request become tabs. `panel-show` selects one.
import { markSelected, tabList } from "../components/tab-list.js";

const NARROW = window.matchMedia("(width < 75rem)");

/** @param {HTMLElement} workbench with `data-label`, the name of the set, and `data-first`, the id of the first panel to
 * show; each panel has its name in `data-panel` */
export function narrowTabs(workbench) {
  const panels = /** @type {HTMLElement[]} */ ([...workbench.querySelectorAll(":scope > [data-panel]")]);
  let shown = workbench.dataset.first ?? panels[0].id;
  const draw = () => show(list, panels, NARROW.matches ? shown : "");
  /** @param {string} id */
  const select = (id) => {
    shown = id;
    draw();
  };
  const words = { nameOf: (/** @type {HTMLElement} */ panel) => panel.dataset.panel ?? "", label: workbench.dataset.label ?? "" };
  const list = tabList(panels, words, select);
  list.classList.add("workbench__tabs");
  panels[0].before(list);

  workbench.addEventListener("panel-show", (event) => select(/** @type {CustomEvent} */ (event).detail.panel));
  NARROW.addEventListener("change", draw);
  draw();
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement[]} panels
 * @param {string} shown id of a panel; empty shows all of them beside each other, without tabs
 */
function show(list, panels, shown) {
  list.hidden = !shown;
  for (const panel of panels) {
    panel.hidden = shown !== "" && panel.id !== shown;
    if (shown) panel.setAttribute("role", "tabpanel");
    else panel.removeAttribute("role");
  }
  markSelected(list, shown);
}
