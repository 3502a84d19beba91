// @ts-check
// "Pay now": asks for confirmation in a dialog, charges, and shows the new line of the history on the same page.
// Without this module the form is visible in the page, posts, and the page loads again with the result.
import { HttpError, postForm } from "../http.js";
import { enhance } from "../main.js";
import { markTitle } from "../page-title.js";
import { refresh } from "../refresh.js";

/** @param {HTMLElement} element with `data-region` and `data-result`: ids of what a charge changes and its message */
export default function chargeNow(element) {
  const opener = /** @type {HTMLButtonElement} */ (element.querySelector("[data-open]"));
  const dialog = /** @type {HTMLDialogElement} */ (element.querySelector("dialog"));
  opener.disabled = false;
  opener.addEventListener("click", () => dialog.showModal());
  dialog.querySelector("[data-dismiss]")?.addEventListener("click", () => dialog.close());
  // Escape must not hide a running charge.
  dialog.addEventListener("cancel", (event) => dialog.ariaBusy === "true" && event.preventDefault());
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    if (dialog.ariaBusy !== "true") charge(element, dialog);
  });
}

/**
 * @param {HTMLElement} element
 * @param {HTMLDialogElement} dialog
 */
async function charge(element, dialog) {
  const { region = "", result = "", offline = "" } = element.dataset;
  const posted = postForm(/** @type {HTMLFormElement} */ (dialog.querySelector("form")));
  setBusy(dialog);
  const answer = await posted.catch((error) => ({
    outcome: "error",
    // Without an answer the outcome is unknown: the message says so, and the history will show it.
    message: (error instanceof HttpError && error.problem.message) || offline,
  }));
  // The new region contains a new, closed dialog for the following period.
  await refresh(region).then(enhance, () => window.location.reload());
  showResult(result, answer);
}

/** @param {HTMLDialogElement} dialog */
function setBusy(dialog) {
  dialog.ariaBusy = "true";
  for (const button of dialog.querySelectorAll("button")) button.disabled = true;
  for (const progress of /** @type {NodeListOf<HTMLElement>} */ (dialog.querySelectorAll("[data-progress]"))) {
    progress.hidden = false;
  }
}

/**
 * @param {string} id
 * @param {{outcome: string, message: string}} answer
 */
function showResult(id, { outcome, message }) {
  const place = /** @type {HTMLElement} */ (document.getElementById(id));
  place.className = `notice notice--${outcome === "paid" ? "success" : outcome === "checking" ? "info" : "error"}`;
  place.textContent = message;
  markTitle(!["paid", "checking"].includes(outcome));
  place.focus();
}
