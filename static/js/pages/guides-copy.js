// @ts-check
// Copies the text of another element. The button confirms it until it loses the focus.

/** @param {HTMLButtonElement} button with `data-source`, an element's id, and `data-copied`, the confirmation */
export default function copy(button) {
  const label = button.textContent;
  button.disabled = false;
  button.addEventListener("click", async () => {
    const source = /** @type {HTMLElement} */ (document.getElementById(button.dataset.source ?? ""));
    try {
      await navigator.clipboard.writeText(source.textContent ?? "");
      button.textContent = button.dataset.copied ?? "";
    } catch {
      // Without permission, or over plain HTTP: select the text, so that one key press copies it.
      window.getSelection()?.selectAllChildren(source);
    }
  });
  button.addEventListener("blur", () => (button.textContent = label));
}
