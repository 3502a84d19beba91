// @ts-check
// The only file that touches `window.IMP`, the SDK of the payment service.

/** The SDK's script did not load: blocked, or its host is not reachable. */
export class SdkMissing extends Error {}

/** Merchant code that `IMP.init` was called with: once per page is the SDK's rule. */
let initialisedWith = "";

/**
 * Opens the payment window and waits for the callback. Where the PG or the phone leaves this page instead, the promise
 * never settles: the result then arrives at `m_redirect_url`.
 *
 * Call it soon after a click: a PG may open a pop-up, which browsers allow for some seconds only.
 *
 * @param {{merchantCode: string, request: Record<string, unknown>}} order
 * @returns {Promise<import("./types.js").WindowResult>}
 */
export function openPaymentWindow({ merchantCode, request }) {
  const IMP = /** @type {any} */ (window).IMP;
  if (!IMP) return Promise.reject(new SdkMissing());
  if (initialisedWith !== merchantCode) {
    IMP.init(merchantCode);
    initialisedWith = merchantCode;
  }
  return new Promise((resolve) => IMP.request_pay(request, resolve));
}
