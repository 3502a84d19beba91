// @ts-check
// The shop inside a frame of the workbench, or on a phone in the workbench itself. It buys as every page of the shop
// does, with what the reader has changed in the request, and reports to the workbench what it sent and what came back.
// Its own button starts the same run as Run does.
import buyForm from "../components/buy-form.js";
import { postJson } from "../http.js";
import { edited } from "./leaves.js";
import { guideWithRun } from "./result-address.js";

/**
 * @param {HTMLFormElement} form with `data-device`, and in `data-run` the run that the workbench has started, as JSON;
 *   `data-events` is the address for reports, with RUN in place of the run's id. In the guide itself also what
 *   result-address.js needs
 */
export default function frame(form) {
  const device = form.dataset.device ?? "";
  const run = () => /** @type {Partial<import("../types.js").RunDetail>} */ (JSON.parse(form.dataset.run ?? "{}"));

  /** @param {string} location */
  const onDone = (location) => {
    const guide = form.dataset.resultUrl ? guideWithRun(form.dataset, location) : null;
    window.location.assign(guide ?? location);
  };

  // The run submits the form itself, and that clicks no button.
  form.querySelector("button")?.addEventListener("click", (event) => {
    if (!workbench()) return;
    event.preventDefault();
    tell("run-here", { device });
  });
  buyForm(form, onDone, () => ({
    change: (request) => edited(request, run().edits ?? {}),
    init: !run().mistakes?.includes("init-forgotten"),
    onSend(order, sent) {
      tell("run-order", { device, order, sent });
      report(form, "sdk.request_pay", order, sent);
    },
    onRefused: (order, error) => report(form, "sdk.refused", order, { error: error.message }),
    onResult(order, result) {
      tell("run-return", { device, kind: "callback", fields: result });
      return report(form, "sdk.callback", order, result);
    },
  }));
  // A form that is busy and then ready again has shown an error: there will be no result.
  new MutationObserver(() => form.ariaBusy === "false" && tell("run-stop", { device })).observe(form, { attributeFilter: ["aria-busy"] });
  form.dataset.ready = "yes";
}

/**
 * Report an event to the server, which keeps it in the journal. A report that is lost costs the run nothing.
 *
 * @param {HTMLFormElement} form
 * @param {string} event
 * @param {import("../types.js").CreatedOrder} order
 * @param {object} facts
 */
async function report(form, event, order, facts) {
  const { events = "", device = "" } = form.dataset;
  const runId = /** @type {HTMLInputElement} */ (form.elements.namedItem("run")).value;
  const body = { merchant_uid: order.merchant_uid, event, device, facts };
  await postJson(events.replace("RUN", runId), body, { keepalive: true }).catch(() => {});
}

/**
 * Fire an event of the workbench. A page in a tab of its own has no workbench.
 *
 * @param {string} name
 * @param {object} detail
 */
function tell(name, detail) {
  workbench()?.dispatchEvent(new CustomEvent(name, { detail }));
}

function workbench() {
  return window.parent.document.getElementById("workbench");
}
