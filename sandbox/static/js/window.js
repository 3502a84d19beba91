// @ts-check
/**
 * A payment window with its script: one click on the shelf fills the form, Escape closes, a second
 * submit is not sent, and whoever opened the window learns that it can be used.
 * Without script a payer types the number.
 */

const number = /** @type {HTMLInputElement} */ (document.getElementById("number"));
const instrumentForm = /** @type {HTMLFormElement} */ (document.querySelector("[data-instrument-form]"));
const closeForm = /** @type {HTMLFormElement} */ (document.querySelector("[data-close]"));
const shelf = Array.from(document.querySelectorAll("button[data-instrument]"));

shelf.forEach((button) => button.addEventListener("click", () => choose(button)));
number.addEventListener("input", markChosen);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeForm.requestSubmit();
});
[instrumentForm, closeForm].forEach((form) => form.addEventListener("submit", submitOnce));
window.addEventListener("pageshow", release);

markChosen();
// On a phone the keyboard would rise over the shelf, which is where most people begin.
const hasRoom = window.matchMedia("(min-width: 761px)").matches;
const wrong = /** @type {HTMLElement | null} */ (document.querySelector("[aria-invalid=true]"));
if (wrong || hasRoom) (wrong || number).focus();
announceReady();

/** @param {Element} button */
function choose(button) {
  number.value = button.getAttribute("data-instrument") || "";
  instrumentForm.querySelectorAll("input[data-fill]").forEach((field) => {
    /** @type {HTMLInputElement} */ (field).value = field.getAttribute("data-fill") || "";
  });
  const issuers = /** @type {HTMLSelectElement | null} */ (document.querySelector("[data-issuers]"));
  if (issuers) issuers.value = button.getAttribute("data-issuer") || "";
  markChosen();
  const status = /** @type {HTMLElement} */ (document.querySelector("[data-filled]"));
  status.textContent = `${status.dataset.filled} ${button.querySelector("span")?.textContent}, ${number.value}`;
}

/** Numbers are the same with and without their dashes. */
function markChosen() {
  const typed = number.value.replace(/\D/g, "");
  shelf.forEach((button) => {
    const own = (button.getAttribute("data-instrument") || "").replace(/\D/g, "");
    button.setAttribute("aria-pressed", String(own === typed));
  });
}

/** @param {SubmitEvent} event */
function submitOnce(event) {
  if (document.body.getAttribute("aria-busy") === "true") {
    event.preventDefault();
    return;
  }
  document.body.setAttribute("aria-busy", "true");
}

/** A window shown again by the Back button can be used again. */
function release() {
  document.body.removeAttribute("aria-busy");
}

/** For tests and for shops that show a spinner: the window is drawn and its script runs. */
function announceReady() {
  document.documentElement.dataset.ready = "true";
  const shop = window.opener || (window.parent === window ? null : window.parent);
  if (shop) shop.postMessage({ type: "imp-ready" }, document.body.dataset.opener || "*");
}
