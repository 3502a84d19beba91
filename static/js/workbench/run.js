// @ts-check
// The device and the Run button. `run-start` tells the other panels; `run-end` makes the button available again. The
// shop's own button fires `run-here`.
import { randomId } from "./ids.js";

/**
 * @param {HTMLElement} workbench
 * @param {import("./setup.js").Setup} setup
 * @returns {() => void} draws the switch again after a change of the setup
 */
export function bindRun(workbench, setup) {
  const form = /** @type {HTMLFormElement} */ (workbench.querySelector("#run-bar"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  const radios = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("[name=device]")]);
  setup.device = /** @type {"pc"} */ (radios.find((radio) => radio.checked)?.value ?? "pc");
  setBusy(false);

  form.addEventListener("change", () => {
    setup.device = /** @type {"pc"} */ (radios.find((radio) => radio.checked)?.value ?? "pc");
    setup.onChange();
  });
  // Enter on the switch would press Run.
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target !== button) event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    start();
  });
  workbench.addEventListener("run-here", (event) => {
    if (button.disabled) return;
    setup.device = /** @type {CustomEvent} */ (event).detail.device;
    setup.onChange();
    start();
  });
  workbench.addEventListener("run-end", () => setBusy(false));

  function start() {
    workbench.dispatchEvent(new CustomEvent("panel-show", { detail: { panel: "panel-shop" } }));
    if (!form.dataset.signedIn) return signIn(workbench);
    setBusy(true);
    workbench.dispatchEvent(new CustomEvent("run-start", { detail: detailOf(setup) }));
  }

  /** @param {boolean} busy */
  function setBusy(busy) {
    form.setAttribute("aria-busy", String(busy));
    button.disabled = busy;
  }

  return () => {
    for (const radio of radios) radio.checked = radio.value === setup.device;
  };
}

/** @param {import("./setup.js").Setup} setup @returns {import("../types.js").RunDetail} */
function detailOf(setup) {
  return {
    runId: randomId("run"),
    devices: setup.device === "both" ? ["pc", "mobile"] : [setup.device],
    edits: setup.edits(),
    mistakes: [...setup.mistakes],
  };
}

/** Move to the sign-in of the shop panel. @param {HTMLElement} workbench */
function signIn(workbench) {
  const place = /** @type {HTMLElement | null} */ (workbench.querySelector("#sign-in"));
  place?.scrollIntoView({ block: "nearest" });
  /** @type {HTMLElement | null | undefined} */ (place?.querySelector("button, a"))?.focus();
}
