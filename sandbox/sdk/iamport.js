// @ts-check
/**
 * iamport.js as the sandbox serves it: the browser half of I'mport, for any shop.
 *
 *   <script src="http://localhost:8001/v1/iamport.js"></script>
 *   IMP.init("imp00000000");
 *   IMP.request_pay({ pg, merchant_uid, amount, … }, function (rsp) { … });
 *
 * A plain script without dependencies. It runs under a strict Content-Security-Policy that names this
 * origin in script-src, connect-src and frame-src: styles are set through the CSSOM, nothing is evaluated.
 * `?device=mobile` or `?device=pc` on the script's address overrules the user agent (a sandbox lever).
 */
(function () {
  "use strict";

  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const source = new URL(script.src);
  const device = source.searchParams.get("device") || deviceOfThisBrowser();

  /** @type {string | null} the public merchant code, once `init` was called */
  let merchantCode = null;
  /** @type {string | null} sub-merchant code of `agency` */
  let tierCode = null;
  /** One window at a time: a double click must not open a second payment. */
  let busy = false;

  // A page that comes back from the back-forward cache is no longer leaving.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) busy = false;
  });

  /** @type {any} */ (window).IMP = {
    init(/** @type {string} */ code) {
      merchantCode = code;
    },
    agency(/** @type {string} */ code, /** @type {string} */ tier) {
      merchantCode = code;
      tierCode = tier;
    },
    request_pay: requestPay,
  };

  /**
   * Opens the payment window. The result comes by `callback` (layer) or at `m_redirect_url`, never both.
   * @param {Record<string, any>} params
   * @param {(rsp: Record<string, any>) => void} [callback]
   */
  function requestPay(params, callback) {
    if (!params) {
      window.alert("결제요청 파라메터가 누락되었습니다.");
      return;
    }
    if (!merchantCode) {
      window.alert("판매자 코드가 설정되지 않았습니다. IMP.init()함수를 먼저 호출하세요.");
      return;
    }
    if (busy) {
      console.warn("IMP.request_pay: a payment window is already open; this call is ignored.");
      return;
    }
    busy = true;
    openPayment(params)
      .then((opened) => {
        if (opened.result === "redirect") {
          window.location.assign(opened.window_url);
          return;
        }
        openLayer(opened.window_url, params.language, (rsp) => {
          busy = false;
          answer(callback, rsp);
        });
      })
      .catch((refusal) => {
        busy = false;
        refuse(refusal, params, callback);
      });
  }

  /**
   * Asks the sandbox for a payment in status `ready` and the address of its window.
   * Rejects with the failure object of the callback (`success` false).
   * @param {Record<string, any>} params
   * @returns {Promise<{imp_uid: string, window_url: string, result: "callback" | "redirect"}>}
   */
  async function openPayment(params) {
    const refusal = { success: false, imp_uid: null, merchant_uid: params.merchant_uid };
    let response;
    let body;
    try {
      response = await fetch(source.origin + "/sdk/payments", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({
          merchant_code: merchantCode,
          tier_code: tierCode,
          params,
          device,
          origin: window.location.origin,
          page_language: document.documentElement.lang,
        }),
      });
      body = await response.json();
    } catch (error) {
      throw { ...refusal, error_code: "NETWORK", error_msg: "결제 서버에 연결할 수 없습니다. (" + error + ")" };
    }
    if (!response.ok) throw { ...refusal, ...body };
    return body;
  }

  /**
   * Lays the window over the shop's page and waits for its one result.
   * @param {string} url
   * @param {unknown} language `params.language`, whatever the shop put there
   * @param {(rsp: Record<string, any>) => void} done
   */
  function openLayer(url, language, done) {
    const name = String(language || document.documentElement.lang).startsWith("en") ? "Payment window" : "결제창";
    const frame = document.createElement("iframe");
    frame.title = name;
    frame.src = url;
    // The window follows the payer's light or dark; a frame of another scheme would lose its transparency.
    style(frame, { width: "100%", height: "100%", border: "0", display: "block", "color-scheme": "light dark" });

    const layer = document.createElement("div");
    layer.className = "imp-dialog";
    layer.setAttribute("role", "dialog");
    layer.setAttribute("aria-modal", "true");
    layer.setAttribute("aria-label", name);
    style(layer, { position: "fixed", inset: "0", "z-index": "2147483647", background: "rgb(16 18 22 / 62%)" });
    layer.append(frame);

    const release = holdPage();
    document.body.append(layer);
    // The window focuses its first field; doing it again from here would take the focus away from the field.
    frame.addEventListener("load", () => document.activeElement === frame || frame.focus(), { once: true });
    window.addEventListener("message", onMessage);

    function onMessage(/** @type {MessageEvent} */ event) {
      const fromOurWindow = event.origin === source.origin && event.source === frame.contentWindow;
      if (!fromOurWindow || !event.data || event.data.type !== "imp-result") return;
      window.removeEventListener("message", onMessage);
      layer.remove();
      release();
      done(event.data.rsp);
    }
  }

  /** Keeps scrolling and the keyboard away from the page behind the layer; returns what undoes it. */
  function holdPage() {
    const root = document.documentElement;
    const overflow = root.style.overflow;
    const focused = document.activeElement;
    const behind = Array.from(document.body.children).filter(
      (element) => element instanceof HTMLElement && !element.inert,
    );
    root.style.overflow = "hidden";
    behind.forEach((element) => (/** @type {HTMLElement} */ (element).inert = true));
    return () => {
      root.style.overflow = overflow;
      behind.forEach((element) => (/** @type {HTMLElement} */ (element).inert = false));
      if (focused instanceof HTMLElement) focused.focus();
    };
  }

  /**
   * Tells the shop that no window opened: by callback; without one, a phone goes to `m_redirect_url`
   * and a PC shows the message.
   * @param {Record<string, any>} refusal
   * @param {Record<string, any>} params
   * @param {((rsp: Record<string, any>) => void) | undefined} callback
   */
  function refuse(refusal, params, callback) {
    if (typeof callback === "function") {
      answer(callback, refusal);
    } else if (device === "mobile" && params.m_redirect_url) {
      const target = new URL(params.m_redirect_url, window.location.href);
      target.searchParams.append("imp_success", "false");
      target.searchParams.append("error_msg", refusal.error_msg);
      window.location.assign(target.href);
    } else {
      window.alert(refusal.error_msg);
    }
  }

  /**
   * The shop's own mistakes stay the shop's: an exception in the callback is only logged.
   * @param {((rsp: Record<string, any>) => void) | undefined} callback
   * @param {Record<string, any>} rsp
   */
  function answer(callback, rsp) {
    if (typeof callback !== "function") return;
    try {
      callback(rsp);
    } catch (error) {
      console.error(error);
    }
  }

  /**
   * @param {HTMLElement} element
   * @param {Record<string, string>} rules
   */
  function style(element, rules) {
    for (const [property, value] of Object.entries(rules)) element.style.setProperty(property, value);
  }

  /** An iPad that asks for desktop sites calls itself a Mac, but a Mac has no touch points. */
  function deviceOfThisBrowser() {
    const named = /iPhone|iPad|iPod|Android|Mobile/.test(navigator.userAgent);
    const touchMac = /Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1;
    return named || touchMac ? "mobile" : "pc";
  }
})();
