// @ts-check
/**
 * What every window does once its script runs: Escape closes it, a second submit is not sent, the field to begin
 * with has the focus, and whoever opened the window learns that it can be used.
 *
 * @param {HTMLFormElement} form the window's own, beside the one that closes it
 * @param {HTMLElement} first field to begin with
 */
export function runWindow(form, first) {
  const closeForm = /** @type {HTMLFormElement} */ (document.querySelector("[data-close]"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeForm.requestSubmit();
  });
  [form, closeForm].forEach((sent) => sent.addEventListener("submit", submitOnce));
  window.addEventListener("pageshow", release);

  // A keyboard on the screen would rise over what most people begin with; scrolling to the field would hide it, too.
  const hasRoom = window.matchMedia("(min-width: 761px), (pointer: fine)").matches;
  const wrong = /** @type {HTMLElement | null} */ (document.querySelector("[aria-invalid=true]"));
  if (wrong) wrong.focus();
  else if (hasRoom) first.focus({ preventScroll: true });
  announceReady();
}

/** @param {HTMLFormElement} form puts into each field what it may be filled with */
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
