// @ts-check
// The shop panel: one frame for each device. It starts a run in the frames of its devices, and tells when each has come
// back with an order.
import { Device } from "./device.js";
import { guideWithRun } from "./result-address.js";
import { refreshRun } from "./shown-run.js";

/** @param {HTMLElement} shop with `data-result-url` and `data-orders` as result-address.js needs them */
export default function frames(shop) {
  const workbench = /** @type {HTMLElement} */ (shop.closest("#workbench"));
  const figures = /** @type {HTMLElement[]} */ ([...shop.querySelectorAll("[data-device]")]);
  const devices = new Map(figures.map((figure) => [figure.dataset.device, deviceOf(figure)]));
  /** Devices that have not come back yet. */
  const open = new Set();
  let runId = "";

  workbench.addEventListener("run-start", (event) => {
    /** @type {import("../types.js").RunDetail} */
    const run = /** @type {CustomEvent} */ (event).detail;
    runId = run.runId;
    open.clear();
    show(run.devices);
    shop.scrollIntoView({ block: "nearest" }); // the window opens in a frame, which may be out of sight
    for (const name of run.devices) {
      open.add(name);
      devices.get(name)?.start(run);
    }
  });
  workbench.addEventListener("run-order", (event) => {
    const device = devices.get(/** @type {CustomEvent} */ (event).detail.device);
    if (device?.figure.dataset.stays) device.say(device.figure.dataset.stays);
  });
  workbench.addEventListener("run-stop", (event) => close(/** @type {CustomEvent} */ (event).detail.device));
  workbench.querySelector("#run-bar")?.addEventListener("change", () => show(chosen(workbench)));
  show(chosen(workbench));

  /** @param {HTMLElement} figure */
  function deviceOf(figure) {
    const name = figure.dataset.device ?? "";
    return new Device(figure, (url) => arrived(name, url), () => close(name));
  }

  /** @param {string[]} names */
  function show(names) {
    for (const figure of figures) figure.hidden = !names.includes(figure.dataset.device ?? "");
    for (const device of devices.values()) if (!device.figure.hidden && !device.frame.src) device.open();
  }

  /** @param {string} name @param {URL} url */
  async function arrived(name, url) {
    if (!open.has(name)) return;
    const guide = guideWithRun(shop.dataset, url.href);
    if (guide) history.replaceState(null, "", Object.assign(guide, { hash: window.location.hash }));
    const merchantUid = guide?.searchParams.get("order") ?? "";
    await refreshRun().catch(() => {});
    workbench.dispatchEvent(new CustomEvent("run-result", { detail: { device: name, merchantUid, location: url.href } }));
    close(name);
  }

  /** @param {string} name */
  function close(name) {
    if (open.delete(name) && !open.size) workbench.dispatchEvent(new CustomEvent("run-end", { detail: { runId } }));
  }
}

/** The devices that the reader has chosen beside Run. @param {HTMLElement} workbench */
function chosen(workbench) {
  const radio = /** @type {HTMLInputElement | null} */ (workbench.querySelector("#run-bar [name=device]:checked"));
  return radio?.value === "both" ? ["pc", "mobile"] : [radio?.value ?? "pc"];
}
