// @ts-check
// Ways out of a purchase that waits for long before or in its window. It stops nothing: what is paid later is settled
// all the same. For the wait after the window see waiting.js.

/**
 * @param {HTMLFormElement} form with `data-late-after`, milliseconds; the template `data-late-words` holds, by
 *   `data-state`, what is awaited, and a link `data-check` to the order
 * @returns {(state: import("../types.js").BuyState | null, order?: import("../types.js").CreatedOrder) => void} to be
 *   called at each step of the purchase, and with null when it has ended
 */
export function watchLate(form) {
  const place = /** @type {HTMLElement} */ (form.querySelector("[data-late]"));
  let timer = 0;
  return (state, order) => {
    clearTimeout(timer);
    place.replaceChildren();
    if (state && state !== "verifying") timer = window.setTimeout(() => place.replaceChildren(words(form, state, order)), Number(form.dataset.lateAfter));
  };
}

/**
 * @param {HTMLFormElement} form
 * @param {import("../types.js").BuyState} state
 * @param {import("../types.js").CreatedOrder} [order]
 */
function words(form, state, order) {
  const template = /** @type {HTMLTemplateElement} */ (form.querySelector("template[data-late-words]"));
  const found = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (found.querySelectorAll("[data-state]"))) {
    if (!part.dataset.state?.split(" ").includes(state)) part.remove();
  }
  const check = /** @type {HTMLAnchorElement | null} */ (found.querySelector("[data-check]"));
  if (check && order) check.href = order.result_url;
  return found;
}
