// @ts-check
/**
 * Send the forms of a window in the background. After a mistake, or while the sandbox does not answer, what the payer
 * typed stays, and a window in a layer leaves no entry in the history of the page below it.
 */
import { deliver } from "./deliver.js";

const HEADERS = { Accept: "application/json, text/html;q=0.9" };

/**
 * Send `form` when it is submitted.
 * @param {HTMLFormElement} form
 * @param {() => void} [giveUp] called when the sandbox does not answer, or does not know the window
 */
export function sendInBackground(form, giveUp) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (document.body.getAttribute("aria-busy") === "true") return;
    document.body.setAttribute("aria-busy", "true");
    send(form, event.submitter).catch((error) => {
      document.body.removeAttribute("aria-busy");
      const { gone = "", unreachable = "" } = document.body.dataset;
      complain(error instanceof Gone ? gone : unreachable, []);
      giveUp?.();
    });
  });
}

/** The sandbox does not know this window, because its data was erased. */
class Gone extends Error {}

/** @param {HTMLFormElement} form @param {HTMLElement | null} button */
async function send(form, button) {
  const address = button?.getAttribute("formaction") || form.action;
  const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
  const answer = await fetch(address, { method: "POST", headers: HEADERS, body });
  if (answer.status === 404) throw new Gone();
  if (!answer.ok && answer.status !== 422) throw new Error(`HTTP ${answer.status}`);
  if (answer.headers.get("Content-Type")?.startsWith("application/json")) {
    window.location.assign((await answer.json()).location);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.title = page.title;
  if (answer.ok) end(page);
  else correct(page);
}

/** Show the page on which the window ends, and send its result. @param {Document} page */
function end(page) {
  document.body.replaceWith(page.body);
  const heading = document.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus();
  deliver();
}

/** Take over from `page` what is wrong, and nothing else. @param {Document} page */
function correct(page) {
  document.body.removeAttribute("aria-busy");
  const wrong = Array.from(page.querySelectorAll("[aria-invalid=true]"), (field) => field.id);
  complain(page.getElementById("error")?.textContent || "", wrong);
}

/**
 * Report a mistake, and focus the first field that is wrong, else the report. A PIN must be typed again.
 * @param {string} text @param {string[]} wrong the ids of the fields
 */
function complain(text, wrong) {
  const error = /** @type {HTMLElement} */ (document.getElementById("error"));
  error.textContent = text;
  document.querySelectorAll("main input").forEach((input) => {
    const field = /** @type {HTMLInputElement} */ (input);
    if (wrong.includes(field.id)) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", "error");
    } else {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
    if (field.type === "password" && wrong.length) field.value = "";
  });
  (document.getElementById(wrong[0]) || error).focus();
}
