// @ts-check
// The wait for the payment service after its window: how long it may last, and what follows.

/** Milliseconds after which the wait needs an explanation. */
const LONG = 4_000;

/**
 * Show in `place` that the page waits. Return a function that ends the wait.
 *
 * @param {HTMLElement} place with a `<progress>` whose `max` is the longest wait in seconds, and a text for a long one
 * @param {(sentence: string) => void} say
 */
export function wait(place, say) {
  const bar = /** @type {HTMLProgressElement} */ (place.querySelector("progress"));
  bar.value = 0;
  place.hidden = false;
  const explain = setTimeout(() => say(place.dataset.long ?? ""), LONG);
  const tick = setInterval(() => (bar.value = Math.min(bar.value + 1, bar.max)), 1_000);
  return () => {
    clearTimeout(explain);
    clearInterval(tick);
    place.hidden = true;
  };
}
