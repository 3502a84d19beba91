// @ts-check
// Copies a text for a button, which confirms it until it loses the focus.

/**
 * @param {HTMLButtonElement} button with `data-copied`, the confirmation
 * @param {string} text
 * @param {Element} source contains the text
 */
export async function copyText(button, text, source) {
  const label = (button.dataset.label ??= button.textContent ?? ""); // a second click finds the confirmation there
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = button.dataset.copied ?? "";
    button.addEventListener("blur", () => (button.textContent = label), { once: true });
  } catch {
    // Without permission, or over plain HTTP: select the text, so that one key press copies it.
    window.getSelection()?.selectAllChildren(source);
  }
}
