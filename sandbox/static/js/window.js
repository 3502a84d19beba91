// @ts-check
/**
 * The script of a payment window: one click on the shelf fills in the form, and shows it where the shelf is below it.
 * Without script the payer types the number.
 */
import { fillIn, runWindow } from "./frame.js";

/** Digits of a card number that count. The instruments of other families are shorter. */
const CARD_DIGITS = 16;

const number = /** @type {HTMLInputElement} */ (document.getElementById("number"));
const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-instrument-form]"));
/** @type {HTMLButtonElement[]} */
const shelf = Array.from(document.querySelectorAll("button[data-instrument]"));

shelf.forEach((button) => {
  button.addEventListener("click", () => choose(button));
  button.disabled = false;
});
number.addEventListener("input", markChosen);
const toShelf = /** @type {HTMLElement} */ (document.querySelector("[data-to-shelf]"));
toShelf.addEventListener("click", () => document.getElementById("shelf-title")?.scrollIntoView());
toShelf.hidden = false;

markChosen();
runWindow(form, number);

/** @param {Element} button */
function choose(button) {
  number.value = button.getAttribute("data-instrument") || "";
  fillIn(form);
  const issuers = /** @type {HTMLSelectElement | null} */ (document.querySelector("[data-issuers]"));
  if (issuers) issuers.value = button.getAttribute("data-issuer") || "";
  markChosen();
  form.scrollIntoView({ block: "nearest" });
  const status = /** @type {HTMLElement} */ (document.querySelector("[data-filled]"));
  status.textContent = `${status.dataset.filled} ${button.querySelector("span")?.textContent}, ${number.value}`;
}

/** Mark the instrument whose number is in the form, with or without dashes. */
function markChosen() {
  const typed = number.value.replace(/\D/g, "").slice(0, CARD_DIGITS);
  shelf.forEach((button) => {
    const own = (button.getAttribute("data-instrument") || "").replace(/\D/g, "");
    button.setAttribute("aria-pressed", String(own === typed));
  });
}
