// @ts-check
// The whole purchase as the browser sees it: order → payment window → the server's verdict.
import { postJson } from "./http.js";
import { openPaymentWindow } from "./payment-window.js";

/** @type {Promise<{location: string}> | null} */
let running = null;

/**
 * A second call while the first one runs joins it, so that two clicks make one order.
 *
 * @param {object} purchase
 * @param {import("./types.js").OrderPayload} purchase.payload
 * @param {string} purchase.createUrl `POST /orders`
 * @param {(state: import("./types.js").BuyState, order?: import("./types.js").CreatedOrder) => void} [purchase.onState]
 * @returns {Promise<{location: string}>} the page to go to; never settles where the window leaves this page
 * @throws {import("./http.js").HttpError} when no order was made
 * @throws {import("./payment-window.js").SdkMissing}
 */
export function buy(purchase) {
  running ??= run(purchase).finally(() => (running = null));
  return running;
}

/** @param {Parameters<typeof buy>[0]} purchase */
async function run({ payload, createUrl, onState = () => {} }) {
  onState("preparing");
  /** @type {import("./types.js").CreatedOrder} */
  const order = await postJson(createUrl, payload);

  onState("window", order);
  const result = await openPaymentWindow({ merchantCode: order.merchant_code, request: order.request });

  onState("verifying", order);
  return complete(order, result);
}

/**
 * Nothing is granted here and `rsp.success` is not read: the server asks the payment service what happened.
 *
 * @param {import("./types.js").CreatedOrder} order
 * @param {import("./types.js").WindowResult} result
 */
async function complete(order, { imp_uid, error_code, error_msg }) {
  try {
    return await postJson(order.complete_url, { imp_uid, merchant_uid: order.merchant_uid, error_code, error_msg });
  } catch {
    // The money may have moved although our own answer was lost. The order's page asks again.
    return { location: order.result_url };
  }
}
