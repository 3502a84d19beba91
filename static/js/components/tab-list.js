// @ts-check
// The list of tabs above panels: a click, or an arrow key on a tab, selects a panel by its id.

/**
 * Return a new list with a tab for each panel. The caller puts it into the page, and shows the panel that is selected.
 *
 * @param {HTMLElement[]} panels each has an id
 * @param {{nameOf: (panel: HTMLElement) => string, label: string}} words the name of a tab, and that of the whole set
 * @param {(id: string) => void} select called with the id of the panel that the reader selects
 */
export function tabList(panels, { nameOf, label }, select) {
  const list = document.createElement("div");
  list.className = "tabs__list";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", label);
  list.append(...panels.map((panel) => tabOf(panel, nameOf(panel))));
  list.addEventListener("click", (event) => {
    const tab = /** @type {HTMLElement} */ (event.target).closest("button");
    if (tab) select(panelOf(tab));
  });
  list.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    const tabs = [...list.querySelectorAll("button")];
    const next = tabs[(tabs.findIndex((tab) => tab === document.activeElement) + by + tabs.length) % tabs.length];
    select(panelOf(next));
    next.focus();
  });
  return list;
}

/**
 * Mark the tab of a panel as selected, and no other.
 *
 * @param {HTMLElement} list
 * @param {string} id of the panel
 */
export function markSelected(list, id) {
  for (const tab of list.querySelectorAll("button")) {
    const isSelected = panelOf(tab) === id;
    tab.setAttribute("aria-selected", String(isSelected));
    tab.tabIndex = isSelected ? 0 : -1;
  }
}

/** @param {HTMLElement} panel @param {string} name */
function tabOf(panel, name) {
  const tab = document.createElement("button");
  tab.type = "button";
  tab.id = `${panel.id}-tab`;
  tab.textContent = name;
  tab.setAttribute("role", "tab");
  tab.setAttribute("aria-controls", panel.id);
  return tab;
}

/** @param {Element} tab */
function panelOf(tab) {
  return tab.getAttribute("aria-controls") ?? "";
}
