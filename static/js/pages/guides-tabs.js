// @ts-check
// Turns panels that follow each other into tabs. Each panel has an id, and its name in `data-tab`.

/** The panel that was selected last in each set, by the set's name: a part of the page that is replaced keeps it. */
const chosen = new Map();

/** @param {HTMLElement} element with `data-label`, the name of the whole set */
export default function tabs(element) {
  const panels = /** @type {HTMLElement[]} */ ([...element.querySelectorAll(":scope > [data-tab]")]);
  const list = document.createElement("div");
  list.className = "tabs__list";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", element.dataset.label ?? "");
  const buttons = panels.map(buttonFor);
  list.append(...buttons);
  element.prepend(list);

  list.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    if (!button) return;
    select(buttons, panels, buttons.indexOf(button));
    chosen.set(element.dataset.label, button.getAttribute("aria-controls"));
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const now = buttons.findIndex((button) => button === document.activeElement);
    const next = (now + step + buttons.length) % buttons.length;
    select(buttons, panels, next);
    chosen.set(element.dataset.label, panels[next].id);
    buttons[next].focus();
  });
  const before = panels.findIndex((panel) => panel.id === chosen.get(element.dataset.label));
  select(buttons, panels, Math.max(before, 0));
}

/** @param {HTMLElement} panel */
function buttonFor(panel) {
  const button = document.createElement("button");
  button.type = "button";
  button.id = `${panel.id}-tab`;
  button.textContent = panel.dataset.tab ?? "";
  button.setAttribute("role", "tab");
  button.setAttribute("aria-controls", panel.id);
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", button.id);
  return button;
}

/**
 * @param {HTMLElement[]} buttons
 * @param {HTMLElement[]} panels
 * @param {number} chosen
 */
function select(buttons, panels, chosen) {
  buttons.forEach((button, n) => {
    button.setAttribute("aria-selected", String(n === chosen));
    button.tabIndex = n === chosen ? 0 : -1;
    panels[n].hidden = n !== chosen;
  });
}
