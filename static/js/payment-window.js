// @ts-check
// The only file that touches `window.IMP`, the SDK of the payment service. The page loads its script, marked `data-sdk`.

/** The SDK's script did not load: it is blocked, or its host is not reachable. */
export class SdkMissing extends Error {}

/** The SDK's script has not arrived within the limit. It may still arrive. */
export class SdkSlow extends Error {}

/** The SDK opened no window, because `IMP.init` was not called. It shows an alert and calls no callback. */
export class NotInitialised extends Error {}

/** The merchant code passed to `IMP.init`, which the SDK allows once per page. */
let initialisedWith = "";

/** Whether the SDK's script has run. */
export function hasSdk() {
  return "IMP" in window;
}

/**
 * Wait for the SDK's script, and load it again if it has failed.
 *
 * @param {number} limit milliseconds
 * @throws {SdkMissing} when the script cannot be loaded
 * @throws {SdkSlow} when it has not arrived within the limit
 */
export async function waitForSdk(limit) {
  if (hasSdk()) return;
  const script = pendingSdk();
  await new Promise((resolve, reject) => {
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new SdkMissing()));
    setTimeout(() => reject(new SdkSlow()), limit);
  });
  if (!hasSdk()) throw new SdkMissing();
}

/** Return the SDK's script element while it loads. One that has ended without an SDK is replaced by a new one. */
function pendingSdk() {
  const script = /** @type {HTMLScriptElement} */ (document.querySelector("script[data-sdk]"));
  if (!performance.getEntriesByName(script.src).length && !script.dataset.failed) return watched(script);
  const again = document.createElement("script");
  again.src = script.src;
  again.dataset.sdk = "";
  script.replaceWith(again);
  return watched(again);
}

/** @param {HTMLScriptElement} script */
function watched(script) {
  script.addEventListener("error", () => (script.dataset.failed = "yes"));
  return script;
}

/**
 * Open the payment window and return the callback's result. If the PG or the phone leaves this page instead, the
 * promise never settles: the result then arrives at `m_redirect_url`.
 *
 * Call it soon after a click: a PG may open a pop-up, which browsers allow only for some seconds after the click.
 *
 * @param {{merchantCode: string, request: Record<string, unknown>, init?: boolean}} order `init: false` skips `IMP.init`
 * @returns {Promise<import("./types.js").WindowResult>}
 * @throws {SdkMissing} when the SDK did not load
 * @throws {NotInitialised} when `IMP.init` was skipped, and no earlier window called it
 */
export function openPaymentWindow({ merchantCode, request, init = true }) {
  const IMP = /** @type {any} */ (window).IMP;
  if (!IMP) return Promise.reject(new SdkMissing());
  if (init && initialisedWith !== merchantCode) {
    IMP.init(merchantCode);
    initialisedWith = merchantCode;
  }
  return new Promise((resolve, reject) => {
    IMP.request_pay(request, resolve);
    if (!initialisedWith) reject(new NotInitialised("IMP.init was not called"));
  });
}
