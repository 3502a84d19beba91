// @ts-check
// Asks for the result of an order now and then, and shows the page anew once it has changed: while it is open, and
// where the payment failed, because the PG may approve it yet.
import { getJson } from "../http.js";

const FIRST_PAUSE = 1000;
const GROWTH = 1.3;
const LONGEST_PAUSE = 15_000;

/**
 * @param {HTMLElement} element with `data-status-url`, and in `data-status` the answer that the page shows
 * @param {() => void} [onChange] how to show the new outcome; the whole page again when left out
 */
export default function watchOrder(element, onChange = () => window.location.reload()) {
  const { statusUrl = "", status: shown = "" } = element.dataset;
  let pause = FIRST_PAUSE;

  const look = async () => {
    // Offline for a moment: the next look may do better.
    const status = await getJson(statusUrl).catch(() => null);
    if (status && !isSame(status, JSON.parse(shown))) {
      onChange();
    } else {
      pause = Math.min(pause * GROWTH, LONGEST_PAUSE);
      setTimeout(look, pause);
    }
  };
  setTimeout(look, pause);
}

/**
 * @param {Record<string, unknown>} one
 * @param {Record<string, unknown>} other
 */
function isSame(one, other) {
  return Object.keys(one).every((name) => one[name] === other[name]);
}
