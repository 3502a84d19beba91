// @ts-check
// Charges the key of this run again, on the guide's page. The request and the response appear with what came back, and
// the code shows the new charge.
import { refreshRun } from "./shown-run.js";

/** @param {HTMLFormElement} form whose buttons charge; one may have a `formaction` of its own */
export default function again(form) {
  const workbench = /** @type {HTMLElement} */ (form.closest("#workbench"));
  for (const button of form.querySelectorAll("button")) button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
    const body = new FormData(form);
    const url = button?.getAttribute("formaction") ?? form.action;
    for (const one of form.querySelectorAll("button")) one.disabled = true;
    await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => {});
    workbench.dispatchEvent(new CustomEvent("run-charged"));
    await refreshRun();
  });
}
