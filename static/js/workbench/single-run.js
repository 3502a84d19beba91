// @ts-check
// Where the shop panel has no frames, as on a real phone: the run leaves this page, as a purchase in a shop does.

/** @param {HTMLElement} workbench */
export function bindSingleRun(workbench) {
  workbench.addEventListener("run-start", (event) => {
    /** @type {import("../types.js").RunDetail} */
    const run = /** @type {CustomEvent} */ (event).detail;
    const form = /** @type {HTMLFormElement | null} */ (workbench.querySelector('form[data-module="workbench/frame"]'));
    if (!form) return;
    form.dataset.run = JSON.stringify(run);
    /** @type {HTMLInputElement} */ (form.elements.namedItem("run")).value = run.runId;
    form.requestSubmit();
  });
  workbench.addEventListener("run-stop", () => workbench.dispatchEvent(new CustomEvent("run-end", { detail: { runId: "" } })));
}
