// @ts-check
// One purchase, as the browser performs it: create the order → open the payment window → let the server verify. Without
// the SDK there is no order: nothing could come of it.
import { postJson } from "./http.js";
import { hasSdk, openPaymentWindow, waitForSdk } from "./payment-window.js";

/** @type {Promise<{location: string}> | null} */
let running = null;

/**
 * Create an order and take the buyer through the payment window. A call during a running purchase returns the same
 * promise, so that two clicks create one order.
 *
 * @param {object} purchase
 * @param {import("./types.js").OrderPayload} purchase.payload
 * @param {string} purchase.createUrl `POST /orders`
 * @param {number} purchase.sdkLimit milliseconds to wait for the SDK
 * @param {(request: Record<string, unknown>) => Record<string, unknown>} [purchase.change] what a guide's reader changes
 *   in the browser; the order stays as the server made it
 * @param {(order: import("./types.js").CreatedOrder, request: Record<string, unknown>) => void} [purchase.onSend] called with
 *   what is passed to `IMP.request_pay`
 * @param {(order: import("./types.js").CreatedOrder, result: import("./types.js").WindowResult) => Promise<void> | void} [purchase.onResult]
 *   called with what the callback received
 * @param {(order: import("./types.js").CreatedOrder, error: Error) => void} [purchase.onRefused] called when no window opened
 * @param {boolean} [purchase.init] false forgets `IMP.init`, to show what happens
 * @param {(state: import("./types.js").BuyState, order?: import("./types.js").CreatedOrder) => void} [purchase.onState]
 * @returns {Promise<{location: string}>} the page to go to; never settles if the window leaves this page
 * @throws {import("./http.js").HttpError} when the server created no order
 * @throws {import("./payment-window.js").SdkMissing} when the SDK did not load
 * @throws {import("./payment-window.js").SdkSlow} when it did not load within the limit
 * @throws {import("./payment-window.js").NotInitialised} when `init` is false
 */
export function buy(purchase) {
  running ??= run(purchase).finally(() => (running = null));
  return running;
}

/** @param {Parameters<typeof buy>[0]} purchase */
async function run({ payload, createUrl, sdkLimit, onState = () => {}, ...guide }) {
  const { change = (request) => request, init = true, onSend = () => {}, onResult = () => {}, onRefused = () => {} } = guide;
  if (!hasSdk()) onState("loading");
  await waitForSdk(sdkLimit);

  onState("preparing");
  /** @type {import("./types.js").CreatedOrder} */
  const order = await postJson(createUrl, payload, { signsIn: false });

  onState("window", order);
  const request = change(order.request);
  onSend(order, request);
  const result = await openPaymentWindow({ merchantCode: order.merchant_code, request, init }).catch((error) => {
    onRefused(order, error);
    throw error;
  });
  await onResult(order, result);

  onState("verifying", order);
  return complete(order, result);
}

/**
 * Report the window's result to the server. The browser grants nothing and does not read `rsp.success`: the server asks
 * the payment service what happened.
 *
 * @param {import("./types.js").CreatedOrder} order
 * @param {import("./types.js").WindowResult} result
 */
async function complete(order, { imp_uid, error_code, error_msg }) {
  try {
    return await postJson(order.complete_url, { imp_uid, merchant_uid: order.merchant_uid, error_code, error_msg }, { signsIn: false });
  } catch {
    // The money may have moved although our server's answer was lost. The order's page looks it up again.
    return { location: order.result_url };
  }
}
