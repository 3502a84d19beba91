// @ts-check
// Polls the outcome of an order, and reloads the page when the outcome has changed. The page uses it while the outcome
// is open, and after a failed payment, because the PG may still approve it.
import { getJson } from "../http.js";

// Milliseconds between two requests; each pause is longer than the one before.
const FIRST_PAUSE = 1000;
const GROWTH = 1.3;
const LONGEST_PAUSE = 15_000;

/**
 * @param {HTMLElement} element with `data-status-url`, and in `data-status` the answer that the page shows
 * @param {() => void} [onChange] shows the new outcome; by default, loads the whole page again
 */
export default function watchOrder(element, onChange = () => window.location.reload()) {
  const { statusUrl = "", status: shown = "" } = element.dataset;
  let pause = FIRST_PAUSE;

  const look = async () => {
    // The browser may be offline for a moment, so a failed request counts as no change.
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
