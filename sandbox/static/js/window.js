// @ts-check
/**
 * A payment window with its script: one click on the shelf fills the form. Without script a payer types the number.
 */
import { fillIn, runWindow } from "./frame.js";

const number = /** @type {HTMLInputElement} */ (document.getElementById("number"));
const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-instrument-form]"));
/** @type {HTMLButtonElement[]} */
const shelf = Array.from(document.querySelectorAll("button[data-instrument]"));

shelf.forEach((button) => {
  button.addEventListener("click", () => choose(button));
  button.disabled = false;
});
number.addEventListener("input", markChosen);

markChosen();
runWindow(form, number);

/** @param {Element} button */
function choose(button) {
  number.value = button.getAttribute("data-instrument") || "";
  fillIn(form);
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
