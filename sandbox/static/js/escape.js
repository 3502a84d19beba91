// @ts-check
/** Close a window on Escape. It is no module, so that it listens before the window is drawn and its modules run. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", closeWindow);
  else closeWindow();
});

function closeWindow() {
  /** @type {HTMLFormElement | null} */ (document.querySelector("[data-close]"))?.requestSubmit();
}
