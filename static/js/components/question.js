// @ts-check
// A question of the server before it does what a form asks for. The template holds its buttons, the server its sentence.

/**
 * Show the question that the server answered with in place of the form's own button, and move the focus to it.
 *
 * @param {HTMLFormElement} form
 * @param {import("../types.js").Problem | null} problem
 * @param {(confirmed: object) => void} onYes receives the fields that confirm
 * @returns {boolean} false if the problem is no question of this form
 */
export function ask(form, problem, onYes) {
  const place = questions(form).find((element) => element.dataset.question === problem?.code);
  const confirmed = problem?.confirm;
  if (!place || !confirmed) return false;
  /** @type {HTMLElement} */ (place.querySelector("strong")).textContent = problem.message;
  /** @type {HTMLAnchorElement} */ (place.querySelector("a")).href = problem.location ?? "";
  /** @type {HTMLButtonElement} */ (place.querySelector("button")).onclick = () => onYes(confirmed);
  show(form, place);
  place.focus();
  return true;
}

/**
 * Hide the questions of a form, and show its own button again.
 *
 * @param {HTMLFormElement} form
 */
export function withdraw(form) {
  show(form, null);
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} asked
 */
function show(form, asked) {
  for (const place of questions(form)) place.hidden = place !== asked;
  /** @type {HTMLElement} */ (form.querySelector("[type=submit]")).hidden = asked !== null;
}

/** @param {HTMLFormElement} form */
function questions(form) {
  return /** @type {HTMLElement[]} */ ([...form.querySelectorAll("[data-question]")]);
}
