// @ts-check
// The form that opens a payment window. Its sentences come from the page as `data-*`, its errors from the server.
import { buy } from "../checkout.js";
import { HttpError } from "../http.js";
import { keepValues, restoreValues } from "./kept-values.js";
import { watchLate } from "./late.js";
import { isSignedOut, showProblem } from "./problem.js";
import { ask, withdraw } from "./question.js";
import { wait } from "./waiting.js";

/**
 * Submit the form by `buy`, and show its progress and errors in the form.
 *
 * @param {HTMLFormElement} form
 * @param {(location: string) => void} [onDone] shows the result; by default, opens the order's page
 * @param {() => Partial<Parameters<typeof buy>[0]>} [options] more for `buy`, read at each submit
 */
export default function buyForm(form, onDone = (location) => window.location.assign(location), options = () => ({})) {
  const isLate = watchLate(form);
  restoreValues(form);
  setBusy(form, false);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send({});
  });

  /** @param {object} confirmed fields that answer the server's question with yes; empty before it asked */
  async function send(confirmed) {
    showProblem(form, null);
    withdraw(form);
    setBusy(form, true);
    let endWait = () => {};
    try {
      const { location } = await buy({
        payload: { ...payloadOf(form), ...confirmed },
        createUrl: form.action,
        sdkLimit: Number(form.dataset.lateAfter),
        onState(state, order) {
          say(form, form.dataset[state] ?? "");
          isLate(state, order);
          const place = /** @type {HTMLElement | null} */ (form.querySelector("[data-waiting]"));
          if (state === "verifying" && place) endWait = wait(place, (sentence) => say(form, sentence));
        },
        ...options(),
      });
      onDone(location);
    } catch (error) {
      isLate(null);
      endWait();
      setBusy(form, false);
      say(form, "");
      if (isSignedOut(error)) keepValues(form);
      if (!ask(form, error instanceof HttpError ? error.problem : null, send)) showProblem(form, error);
    }
  }

  // The browser's Back button restores this page as the buyer left it, waiting for a closed window. Load it again.
  window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
}

/**
 * @param {HTMLFormElement} form
 * @returns {import("../types.js").OrderPayload}
 */
function payloadOf(form) {
  const { subscription, ...fields } = /** @type {any} */ (Object.fromEntries(new FormData(form)));
  return subscription ? { ...fields, subscription: Number(subscription) } : fields;
}

/**
 * @param {HTMLFormElement} form
 * @param {boolean} busy
 */
function setBusy(form, busy) {
  form.setAttribute("aria-busy", String(busy));
  for (const button of form.querySelectorAll("button")) button.disabled = busy;
}

/**
 * @param {HTMLFormElement} form
 * @param {string} sentence
 */
function say(form, sentence) {
  const status = form.querySelector("[data-progress]");
  if (status) status.textContent = sentence;
}
