// @ts-check
/**
 * Start the behaviour that every window shares: close it on Escape, send a form only once, focus the first field,
 * and report to the page that opened the window that it is ready.
 *
 * @param {HTMLFormElement} form the window's main form; another form closes the window
 * @param {HTMLElement} first the field that receives the focus
 */
export function runWindow(form, first) {
  const closeForm = /** @type {HTMLFormElement} */ (document.querySelector("[data-close]"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeForm.requestSubmit();
  });
  [form, closeForm].forEach((sent) => sent.addEventListener("submit", submitOnce));
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

/** @param {SubmitEvent} event */
function submitOnce(event) {
  if (document.body.getAttribute("aria-busy") === "true") {
    event.preventDefault();
    return;
  }
  document.body.setAttribute("aria-busy", "true");
}

/** Make a window usable again after the Back button shows it. */
function release() {
  document.body.removeAttribute("aria-busy");
}

/** Report that the window is drawn and its script runs, for tests and for shops that show a spinner. */
function announceReady() {
  document.documentElement.dataset.ready = "true";
  const shop = window.opener || (window.parent === window ? null : window.parent);
  if (shop) shop.postMessage({ type: "imp-ready" }, document.body.dataset.opener || "*");
}
