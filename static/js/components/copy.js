// @ts-check
// Copies the text of another element.
import { copyText } from "../copying.js";

/** @param {HTMLButtonElement} button with `data-source`, an element's id, and `data-copied`, the confirmation */
export default function copy(button) {
  button.disabled = false;
  button.addEventListener("click", () => {
    const source = /** @type {HTMLElement} */ (document.getElementById(button.dataset.source ?? ""));
    copyText(button, source.textContent ?? "", source);
  });
}
