// @ts-check
// How to pay, in two steps: the method, then the PGs of this method. Both are radio groups; only the PG is an answer.

/** @param {HTMLElement} root */
export default function payMethod(root) {
  // The reader may have chosen a method before this script has loaded, so it counts more than the PG that is checked.
  const chosen = root.querySelector("[name=method]:checked");
  if (chosen instanceof HTMLInputElement) show(root, chosen.value);
  root.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLInputElement && target.name === "method") show(root, target.value);
  });
}

/**
 * Show the PGs of a method, and choose the first one unless one of them is chosen.
 *
 * @param {HTMLElement} root
 * @param {string} method
 */
function show(root, method) {
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (root.querySelectorAll("[name=method]")))
    input.checked = input.value === method;
  for (const group of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-method]"))) {
    group.hidden = group.dataset.method !== method;
    const first = /** @type {HTMLInputElement | null} */ (group.querySelector("input"));
    if (first && !group.hidden && !group.querySelector(":checked")) first.checked = true;
  }
}
