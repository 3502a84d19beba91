// @ts-check
// The chips above the form: presets of the guide, and deliberate mistakes with what to expect of them.
import { same } from "./leaves.js";

/**
 * @param {HTMLElement} workbench
 * @param {import("./setup.js").Setup} setup
 * @returns {() => void} draws the chips again after a change of the setup
 */
export function bindPresets(workbench, setup) {
  const presets = chips(workbench, "preset");
  const mistakes = chips(workbench, "mistake");
  for (const [button, values] of presets) {
    button.disabled = false;
    button.addEventListener("click", () => Object.entries(values).forEach(([name, value]) => setup.change(name, value)));
  }
  for (const [button, { id }] of mistakes) {
    button.disabled = "off" in button.dataset;
    button.addEventListener("click", () => setup.toggle(id));
  }
  bindUsed(workbench, mistakes, setup);

  return () => {
    const now = setup.values();
    for (const [button, values] of presets) {
      const isSet = Object.entries(values).every(([name, value]) => same(now.get(name), value));
      button.setAttribute("aria-pressed", String(isSet));
    }
    for (const [button, { id }] of mistakes) {
      const isMade = setup.mistakes.has(id);
      button.setAttribute("aria-pressed", String(isMade));
      const expectation = document.getElementById(button.getAttribute("aria-controls") ?? "");
      if (expectation) expectation.hidden = !isMade;
    }
  };
}

/**
 * Return the deliberate mistakes that the page offers.
 *
 * @param {HTMLElement} workbench
 * @returns {import("../types.js").MistakeFacts[]}
 */
export function offeredMistakes(workbench) {
  return chips(workbench, "mistake").map(([, facts]) => facts);
}

/** @param {HTMLElement} workbench @param {"preset" | "mistake"} kind @returns {[HTMLButtonElement, any][]} */
function chips(workbench, kind) {
  const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (workbench.querySelectorAll(`button[data-${kind}]`));
  return [...buttons].map((button) => [button, JSON.parse(button.dataset[kind] ?? "{}")]);
}

/**
 * A payment of this page can be used for the mistake that sends its number again.
 *
 * @param {HTMLElement} workbench
 * @param {[HTMLButtonElement, any][]} mistakes
 * @param {import("./setup.js").Setup} setup
 */
function bindUsed(workbench, mistakes, setup) {
  workbench.addEventListener("run-return", (event) => {
    const { fields } = /** @type {CustomEvent} */ (event).detail;
    const [button, facts] = mistakes.find(([, { effect }]) => effect === "used") ?? [];
    if (!button || !fields.imp_uid || !fields.merchant_uid || fields.error_code || fields.error_msg) return;
    const offer = setup.offers.get(facts.id);
    if (offer) offer.value = fields.merchant_uid;
    button.disabled = false;
    button.title = "";
  });
}
