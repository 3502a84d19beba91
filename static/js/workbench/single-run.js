// @ts-check
// Runs the setup in the shop panel: on this device, or in the phone-sized frame.

/** @param {HTMLElement} workbench */
export function bindSingleRun(workbench) {
  workbench.addEventListener("run-start", async (event) => {
    /** @type {import("../types.js").RunDetail} */
    const run = /** @type {CustomEvent} */ (event).detail;
    const frame = /** @type {HTMLIFrameElement | null} */ (workbench.querySelector("#run-phone iframe"));
    const isHere = run.devices[0] === "pc" || !frame;
    workbench.querySelector(isHere ? "#run-pc-tab" : "#run-phone-tab")?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    const form = isHere ? workbench.querySelector(`form[data-module="pages/guides-run"]`) : await formIn(frame);
    submit(/** @type {HTMLFormElement | null} */ (form), run);
    workbench.dispatchEvent(new CustomEvent("run-end", { detail: { runId: run.runId } }));
  });
}

/** @param {HTMLFormElement | null} form @param {import("../types.js").RunDetail} run */
function submit(form, run) {
  if (!form) return;
  form.dataset.run = JSON.stringify(run);
  /** @type {HTMLInputElement} */ (form.elements.namedItem("run")).value = run.runId;
  form.requestSubmit();
}

/** Return the form of the frame, once its module has started. @param {HTMLIFrameElement} frame */
async function formIn(frame) {
  const find = () => frame.contentDocument?.querySelector("form[aria-busy]") ?? null;
  if (!find()) await new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  while (!find()) await new Promise((resolve) => frame.contentWindow?.requestAnimationFrame(resolve));
  return find();
}
