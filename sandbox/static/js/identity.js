// @ts-check
/** The window of an identity check: one click fills in a test person's details. Without script the payer types them. */
import { fillIn, runWindow } from "./frame.js";

const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-main-form]"));
const fill = /** @type {HTMLElement} */ (form.querySelector("[data-fill-form]"));

fill.addEventListener("click", () => {
  fillIn(form);
  /** @type {HTMLElement} */ (form.querySelector("[type=submit]")).focus();
});
fill.hidden = false;

runWindow(form, /** @type {HTMLElement} */ (form.querySelector("input")));
