// @ts-check
// Runs the guide with an amount as text: the request is refused before the browser leaves the page.

/** @param {HTMLButtonElement} button */
export default function failEarly(button) {
  const workbench = /** @type {HTMLElement} */ (button.closest("#workbench"));
  // The mistake and Run belong to the request panel, so the button waits until that has started.
  if (workbench.dataset.setup) button.disabled = false;
  else workbench.addEventListener("setup-change", () => (button.disabled = false), { once: true });
  button.addEventListener("click", () => {
    const chips = /** @type {HTMLElement[]} */ ([...workbench.querySelectorAll("button[data-mistake]")]);
    const chip = chips.find((one) => JSON.parse(one.dataset.mistake ?? "{}").id === "amount-as-text");
    if (chip?.getAttribute("aria-pressed") !== "true") chip?.click();
    /** @type {HTMLFormElement} */ (workbench.querySelector("#run-bar")).requestSubmit();
  });
}
