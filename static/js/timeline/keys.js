// @ts-check
// The keys of a timeline: j and k move between its rows, Enter opens one, / goes to the filter, Esc closes or clears.

/** @param {HTMLElement} timeline */
export function keys(timeline) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !listens(timeline)) return;
    const input = /** @type {HTMLInputElement} */ (timeline.querySelector("[data-filter]"));
    const isTyping = document.activeElement === input;
    if (event.key === "Escape" && leave(timeline, input)) event.preventDefault();
    else if (isTyping) return;
    else if (event.key === "/") input.focus();
    else if (event.key === "j") move(timeline, 1);
    else if (event.key === "k") move(timeline, -1);
    else return;
    event.preventDefault();
  });
}

/**
 * Whether the keys are this timeline's: the focus is in it, or in no other place that takes keys and this one is the last
 * in sight. A button keeps the focus after a click, as the tab of the timeline does, and has no use for these letters.
 *
 * @param {HTMLElement} timeline
 */
function listens(timeline) {
  if (timeline.contains(document.activeElement)) return true;
  if (document.activeElement?.closest(".trace, input, textarea, select, iframe, dialog, [contenteditable]")) return false;
  const visible = [...document.querySelectorAll(".trace")].filter((one) => one.checkVisibility?.() ?? true);
  return visible.at(-1) === timeline;
}

/**
 * @param {HTMLElement} timeline
 * @param {1 | -1} by
 */
function move(timeline, by) {
  const facts = /** @type {HTMLElement[]} */ ([...timeline.querySelectorAll(".trace__fact")]);
  const now = facts.findIndex((fact) => fact.closest("li")?.contains(document.activeElement));
  const next = now < 0 ? (by > 0 ? 0 : facts.length - 1) : Math.min(Math.max(now + by, 0), facts.length - 1);
  facts[next]?.focus();
}

/**
 * Clear the filter, or close the row in which the focus is. Return whether there was anything to do.
 *
 * @param {HTMLElement} timeline
 * @param {HTMLInputElement} input
 */
function leave(timeline, input) {
  const fact = /** @type {HTMLElement | null | undefined} */ (
    document.activeElement?.closest(".trace__row")?.querySelector('.trace__fact[aria-expanded="true"]')
  );
  if (fact) {
    fact.focus();
    fact.click();
  } else if (document.activeElement === input) {
    input.value = "";
    input.dispatchEvent(new Event("input"));
    /** @type {HTMLElement | null} */ (timeline.querySelector(".trace__fact"))?.focus();
  }
  return Boolean(fact) || document.activeElement === input;
}
