// @ts-check
// What went wrong with a form that opens a payment window: a message, and one beside each field that is wrong.
import { HttpError } from "../http.js";
import { markTitle } from "../page-title.js";
import { NotInitialised, SdkMissing, SdkSlow } from "../payment-window.js";

/**
 * Show a problem, and move the focus to the first field that is wrong, or else to the message.
 *
 * @param {HTMLFormElement} form
 * @param {unknown} error null clears the messages
 */
export function showProblem(form, error) {
  const problem = error instanceof HttpError ? error.problem : null;
  const alert = /** @type {HTMLElement} */ (form.querySelector("[role=alert]"));
  alert.replaceChildren(...(error ? [messageOf(form, error), ...wayOut(form, problem)] : []));
  showFieldErrors(form, problem?.fields ?? {});
  markTitle(error !== null);
  if (error) (firstWrong(form) ?? alert).focus();
}

/**
 * Whether the session of the page has ended, so that its request did nothing.
 *
 * @param {unknown} error
 */
export function isSignedOut(error) {
  return error instanceof HttpError && ["http_401", "csrf"].includes(error.problem.code);
}

/**
 * @param {HTMLFormElement} form
 * @param {unknown} error
 */
function messageOf(form, error) {
  const { notInitialised = "", sdkSlow = "", sdkMissing = "", offline = "" } = form.dataset;
  if (error instanceof HttpError && error.problem.message) return error.problem.message;
  if (error instanceof NotInitialised) return notInitialised;
  if (error instanceof SdkSlow) return sdkSlow;
  return error instanceof SdkMissing ? sdkMissing : offline;
}

/**
 * Return a link to the page on which the buyer can go on: to sign in, or to this page again.
 *
 * @param {HTMLFormElement} form
 * @param {import("../types.js").Problem | null} problem
 * @returns {(string | Node)[]}
 */
function wayOut(form, problem) {
  if (!problem?.location || !["http_401", "csrf"].includes(problem.code)) return [];
  const link = document.createElement("a");
  link.href = problem.location;
  link.target = "_top"; // a frame of a guide is too small to sign in
  link.textContent = (problem.code === "http_401" ? form.dataset.signIn : form.dataset.reopen) ?? "";
  return [" ", link];
}

/**
 * @param {HTMLFormElement} form
 * @returns {HTMLElement | null}
 */
function firstWrong(form) {
  const wrong = /** @type {HTMLElement | null} */ (form.querySelector('[aria-invalid="true"]:not([hidden])'));
  return wrong?.querySelector("input:checked, input") ?? wrong;
}

/**
 * @param {HTMLFormElement} form
 * @param {Record<string, string[]>} fields
 */
function showFieldErrors(form, fields) {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-error-for]"))) {
    const name = place.dataset.errorFor ?? "";
    place.textContent = (fields[name] ?? []).join(" ");
    for (const input of form.querySelectorAll(`[aria-describedby~="${place.id}"]`)) {
      input.setAttribute("aria-invalid", String(name in fields));
    }
  }
}
