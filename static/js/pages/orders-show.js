// @ts-check
// While the result of an order is open, asks for it now and then, and shows the page anew once it has changed.
import { getJson } from "../http.js";

const FIRST_PAUSE = 1000;
const GROWTH = 1.3;
const LONGEST_PAUSE = 15_000;

/**
 * @param {HTMLElement} element with `data-status-url` and the outcomes the page shows
 * @param {() => void} [onChange] how to show the new outcome; the whole page again when left out
 */
export default function watchOrder(element, onChange = () => window.location.reload()) {
  const { statusUrl = "", outcome = "", firstCharge = "" } = element.dataset;
  let pause = FIRST_PAUSE;

  const look = async () => {
    // Offline for a moment: the next look may do better.
    const status = await getJson(statusUrl).catch(() => null);
    if (status && (status.settled || status.outcome !== outcome || (status.first_charge_outcome ?? "") !== firstCharge)) {
      onChange();
    } else {
      pause = Math.min(pause * GROWTH, LONGEST_PAUSE);
      setTimeout(look, pause);
    }
  };
  setTimeout(look, pause);
}
