// @ts-check
import { sendInBackground } from "./send.js";

/**
 * Start the behaviour that every window shares: send its forms once and in the background, focus the first field, and
 * report to the page that opened the window that it is ready. `escape.js` closes it on Escape.
 *
 * @param {HTMLFormElement} form the window's main form; another form closes the window
 * @param {HTMLElement} first the field that receives the focus
 */
export function runWindow(form, first) {
  sendInBackground(form);
  sendInBackground(/** @type {HTMLFormElement} */ (document.querySelector("[data-close]")), leave);
  window.addEventListener("pageshow", release);

  // On a small touch screen the focus opens a keyboard over the test numbers, and scrolling to the field hides them.
  const hasRoom = window.matchMedia("(min-width: 761px), (pointer: fine)").matches;
  const wrong = /** @type {HTMLElement | null} */ (document.querySelector("[aria-invalid=true]"));
  if (wrong) wrong.focus();
  else if (hasRoom) first.focus({ preventScroll: true });
  announceReady();
}

/**
 * Fill each field with its sample value, `data-fill`.
 * @param {HTMLFormElement} form
 */
export function fillIn(form) {
  form.querySelectorAll("input[data-fill]").forEach((field) => {
    /** @type {HTMLInputElement} */ (field).value = field.getAttribute("data-fill") || "";
  });
}

/** Make a window usable again after the Back button shows it. */
function release() {
  document.body.removeAttribute("aria-busy");
}

/** Leave a window whose sandbox does not answer: the script removes a layer, and reports a closed pop-up. */
function leave() {
  if (document.body.dataset.layout === "layer") tell("imp-close");
  else if (window.opener) window.close();
  else window.history.back();
}

/** Report that the window is drawn and its script runs, for tests and for shops that show a spinner. */
function announceReady() {
  document.documentElement.dataset.ready = "true";
  tell("imp-ready");
}

/** @param {string} type of the message to the page that opened the window */
function tell(type) {
  const shop = window.opener || (window.parent === window ? null : window.parent);
  if (shop) shop.postMessage({ type }, document.body.dataset.opener || "*");
}
