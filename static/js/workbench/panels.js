// @ts-check
// On a screen that is too narrow for three columns, the panels beside the request become tabs. `panel-show` selects one.

const NARROW = window.matchMedia("(width < 75rem)");

/** @param {HTMLElement} workbench with `data-label`, the name of the set, and `data-first`, the id of the first panel to
 * show; each panel has its name in `data-panel` */
export function narrowTabs(workbench) {
  const panels = /** @type {HTMLElement[]} */ ([...workbench.querySelectorAll(":scope > [data-panel]")]);
  const list = document.createElement("div");
  list.className = "tabs__list workbench__tabs";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", workbench.dataset.label ?? "");
  list.append(...panels.map(buttonFor));
  panels[0].before(list);

  let shown = workbench.dataset.first ?? panels[0].id;
  const draw = () => show(list, panels, NARROW.matches ? shown : "");
  /** @param {string} id */
  const select = (id) => {
    shown = id;
    draw();
  };
  list.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    if (button) select(panelOf(button));
  });
  list.addEventListener("keydown", (event) => step(event, list, select));
  workbench.addEventListener("panel-show", (event) => select(/** @type {CustomEvent} */ (event).detail.panel));
  NARROW.addEventListener("change", draw);
  draw();
}

/** @param {HTMLElement} panel */
function buttonFor(panel) {
  const button = document.createElement("button");
  button.type = "button";
  button.id = `${panel.id}-tab`;
  button.textContent = panel.dataset.panel ?? "";
  button.setAttribute("role", "tab");
  button.setAttribute("aria-controls", panel.id);
  return button;
}

/** @param {Element} button */
function panelOf(button) {
  return button.getAttribute("aria-controls") ?? "";
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} list
 * @param {(id: string) => void} select
 */
function step(event, list, select) {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by) return;
  const buttons = [...list.querySelectorAll("button")];
  const next = buttons[(buttons.findIndex((button) => button === document.activeElement) + by + buttons.length) % buttons.length];
  select(panelOf(next));
  next.focus();
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
  for (const button of list.querySelectorAll("button")) {
    const isShown = panelOf(button) === shown;
    button.setAttribute("aria-selected", String(isShown));
    button.tabIndex = isShown ? 0 : -1;
  }
}
