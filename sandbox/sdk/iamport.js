// @ts-check
/**
 * iamport.js of the sandbox: the browser half of I'mport, for any shop.
 *
 *   <script src="http://localhost:8001/v1/iamport.js"></script>
 *   IMP.init("imp00000000");
 *   IMP.request_pay({ pg, merchant_uid, amount, … }, function (rsp) { … });
 *
 * A plain script without dependencies. It runs under a strict Content-Security-Policy that names this
 * origin in script-src, connect-src and frame-src: it sets styles through the CSSOM and evaluates no code.
 * `?device=mobile` or `?device=pc` on the script's address overrides the user agent (a lever of the sandbox).
 */
(function () {
  "use strict";

  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const source = new URL(script.src);
  // A test that serves this file under the real service's address sets IMP_SANDBOX to the sandbox's address.
  const home = /** @type {any} */ (window).IMP_SANDBOX || source.origin;
  const device = source.searchParams.get("device") || deviceOfThisBrowser();

  /** @type {string | null} the public merchant code, null before `init` or `agency` is called */
  let merchantCode = null;
  let tierCode = /** @type {string | null} */ (null);
  /** One window at a time: a double click must not open a second payment. */
  let busy = false;
  /** Steps through the page's history so far. A window belongs to the step at which it was requested. */
  let steps = 0;
  /** @type {Map<string, Record<string, any>>} parameters of the buttons of `loadUI`, by their type */
  const uiRequests = new Map();

  window.addEventListener("popstate", () => (steps += 1));
  // A page restored from the back-forward cache is no longer navigating away.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) busy = false;
  });

  /** @type {any} */ (window).IMP = {
    init(/** @type {string} */ code) {
      merchantCode = code;
      tierCode = null;
    },
    agency(/** @type {string} */ code, /** @type {string} */ tier) {
      merchantCode = code;
      tierCode = tier;
    },
    deinit() {
      merchantCode = tierCode = null;
    },
    request_pay: (/** @type {any} */ params, /** @type {Callback} */ callback) => requestPay(params, callback),
    loadUI,
    updateLoadUIRequest(/** @type {string} */ type, /** @type {Record<string, any>} */ params) {
      uiRequests.set(type, params);
    },
    certification(/** @type {any} */ params, /** @type {Callback} */ callback) {
      request("certifications", params || {}, callback);
    },
    // Older and rarer methods, which do nothing here, so that a page that calls them does not break.
    communicate() {},
    close() {},
    naver_zzim() {},
    loadModule: () => Promise.resolve(),
  };

  /** @typedef {((rsp: Record<string, any>) => void) | undefined} Callback */
  /** @typedef {"payments" | "certifications"} Kind kind of window; also the last part of the path that registers it */

  /**
   * Open a payment window.
   * @param {Record<string, any>} params @param {Callback} callback
   * @param {string} [uiType] of the button that was clicked, see `loadUI`
   */
  function requestPay(params, callback, uiType) {
    if (!params) {
      window.alert("결제요청 파라메터가 누락되었습니다.");
      return;
    }
    request("payments", params, callback, uiType);
  }

  /**
   * Open a window of either kind. The result arrives by `callback` (layer, pop-up) or at `m_redirect_url`, never both.
   * @param {Kind} kind @param {Record<string, any>} params @param {Callback} callback
   * @param {string} [uiType] of the button that was clicked, see `loadUI`
   */
  function request(kind, params, callback, uiType) {
    if (!merchantCode) {
      window.alert("판매자 코드가 설정되지 않았습니다. IMP.init()함수를 먼저 호출하세요.");
      return;
    }
    if (busy) {
      console.warn("IMP: a window is already open; this call is ignored.");
      return;
    }
    busy = true;
    const step = steps;
    register(kind, params, uiType)
      .then((opened) => {
        const done = (/** @type {Record<string, any> | null} */ rsp) => {
          busy = false;
          if (rsp) answer(callback, rsp);
        };
        if (step !== steps) return close(opened).then(done);
        if (opened.form === "page") return window.location.assign(opened.window_url);
        return opened.form === "popup" ? openPopup(opened, done) : openLayer(opened, done);
      })
      .catch((refusal) => {
        busy = false;
        refuse(refusal, params, callback);
      });
  }

  /**
   * Draw the button that opens a PG's window into every `.portone-ui-container[data-portone-ui-type]` of the page.
   * @param {string} type such as `paypal-rt`
   * @param {Record<string, any>} params of the payment; `updateLoadUIRequest` can replace them before the click
   * @param {Callback} callback
   */
  async function loadUI(type, params, callback) {
    uiRequests.set(type, params);
    const response = await fetch(home + "/sdk/ui/" + encodeURIComponent(type));
    const { label } = await response.json();
    if (!label) return console.error("IMP.loadUI: the sandbox has no button " + type);
    document.querySelectorAll(`.portone-ui-container[data-portone-ui-type="${CSS.escape(type)}"]`).forEach((place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      style(button, { "min-height": "44px", "min-width": "200px", font: "700 16px sans-serif", cursor: "pointer" });
      style(button, { border: "0", "border-radius": "22px", background: "#ffc439", color: "#111820" });
      button.addEventListener("click", () => requestPay(uiRequests.get(type) || {}, callback, type));
      place.replaceChildren(button);
    });
  }

  /** @typedef {{imp_uid: string | null, merchant_uid: any}} Ids */
  /** @typedef {{kind: Kind, ids: Ids, imp_uid: string, window_url: string, form: "layer" | "popup" | "page"}} Opened */

  /**
   * Register a payment in status `ready`, or an identity check, and return it with the address of its window.
   * Reject with the failure object that the callback receives.
   * @param {Kind} kind
   * @param {Record<string, any>} params
   * @param {string} [uiType]
   * @returns {Promise<Opened>}
   */
  async function register(kind, params, uiType) {
    const ids = { imp_uid: null, merchant_uid: params.merchant_uid };
    let opened, unplayed;
    try {
      ({ unplayed, ...opened } = await post("/sdk/" + kind, {
        merchant_code: merchantCode,
        tier_code: tierCode,
        params,
        script: source.pathname,
        device,
        ui_type: uiType,
        origin: window.location.origin,
        page: window.location.href,
        page_language: document.documentElement.lang,
      }));
    } catch (error) {
      throw unreachable(ids, error);
    }
    const { unknown = [], ignored = [] } = unplayed || {};
    if (unknown.length) console.warn("IMP: unknown parameters, perhaps misspelt: " + unknown.join(", "));
    if (ignored.length) console.info("IMP: parameters without effect in the sandbox: " + ignored.join(", "));
    if (!opened.window_url) throw { ...ids, ...opened };
    return { ...opened, kind, ids: { ...ids, imp_uid: opened.imp_uid } };
  }

  /**
   * Report that the payer closed the window, and return what the callback receives.
   * @param {Opened} opened
   * @returns {Promise<Record<string, any>>}
   */
  function close(opened) {
    const path = `/sdk/${opened.kind}/${opened.imp_uid}/close`;
    const closed = post(path, { window_url: opened.window_url }).then((rsp) => ({ ...opened.ids, ...rsp }));
    return closed.catch((error) => unreachable(opened.ids, error));
  }

  /** @param {Ids} ids @param {unknown} error */
  function unreachable(ids, error) {
    const error_msg = "결제 서버에 연결할 수 없습니다. (" + error + ")";
    return { success: false, ...ids, error_code: "NETWORK", error_msg };
  }

  /** @param {string} path @param {unknown} body */
  async function post(path, body) {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(home + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!response.headers.get("Content-Type")?.startsWith("application/json")) {
      throw new Error(home + " is not a sandbox: set window.IMP_SANDBOX to its address before this script runs");
    }
    return response.json();
  }

  /**
   * Open the window as a pop-up, under a name that no other page knows, because such a page could hold a window of it.
   * The browser reports no event when the payer closes the window, so a timer checks.
   * @param {Opened} opened
   * @param {(rsp: Record<string, any> | null) => void} done receives null when the browser blocks the pop-up
   */
  function openPopup(opened, done) {
    const popup = window.open(opened.window_url, opened.imp_uid, "popup,width=560,height=780");
    if (!popup) {
      window.alert("팝업차단을 해제해주셔야 결제창이 나타납니다.");
      return done(null);
    }
    const stop = onResult(popup, (rsp) => end(rsp));
    const watch = window.setInterval(() => {
      if (!popup.closed) return;
      window.clearInterval(watch);
      close(opened).then(end);
    }, 300);

    function end(/** @type {Record<string, any>} */ rsp) {
      stop();
      window.clearInterval(watch);
      popup?.close();
      done(rsp);
    }
  }

  /**
   * Lay the window over the shop's page and wait for its one result. Escape, and a step through the page's history,
   * close it: the layer belongs to the page as it was.
   * @param {Opened} opened @param {(rsp: Record<string, any>) => void} done
   */
  function openLayer(opened, done) {
    // Without `lang` the window uses the browser's language.
    const english = (new URL(opened.window_url).searchParams.get("lang") || navigator.language).startsWith("en");
    const [ko, en] = opened.kind === "payments" ? ["결제창", "Payment window"] : ["본인인증", "Identity check"];
    const name = english ? en : ko;
    const frame = document.createElement("iframe");
    frame.title = name;
    frame.src = opened.window_url;
    // The window follows the payer's colour scheme; a frame with another scheme would lose its transparency.
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
    // The window focuses its first field; focusing the frame again would take the focus away from that field.
    frame.addEventListener("load", () => document.activeElement === frame || frame.focus(), { once: true });

    const over = new AbortController();
    const leave = () => end(close(opened));
    const wayOut = offerWayOut(frame, english, leave);
    const ours = /** @type {Window} */ (frame.contentWindow);
    const stop = onResult(ours, (rsp) => end(Promise.resolve(rsp)), { ready: wayOut.withdraw, leave });
    window.addEventListener("popstate", leave, { signal: over.signal });
    window.addEventListener("pageshow", (event) => event.persisted && leave(), { signal: over.signal });
    window.addEventListener("keydown", (event) => event.key === "Escape" && leave(), { signal: over.signal });

    function end(/** @type {Promise<Record<string, any>>} */ result) {
      stop();
      over.abort();
      wayOut.withdraw();
      layer.remove();
      release();
      result.then(done);
    }
  }

  /**
   * Wait for the one result of `ours`, the window this script opened, and ignore messages of other windows.
   * Return a function that ends the wait.
   * @param {Window} ours @param {(rsp: Record<string, any>) => void} done
   * @param {{ready: () => void, leave: () => void}} [on] called when the window is drawn, and when the payer closes it
   *   while it cannot reach its server
   */
  function onResult(ours, done, on) {
    const stop = () => window.removeEventListener("message", listen);
    window.addEventListener("message", listen);
    return stop;

    function listen(/** @type {MessageEvent} */ event) {
      const fromOurWindow = event.origin === home && event.source === ours;
      if (fromOurWindow && event.data?.type === "imp-ready") on?.ready();
      if (fromOurWindow && event.data?.type === "imp-close") on?.leave();
      if (!fromOurWindow || event.data?.type !== "imp-result") return;
      stop();
      done(event.data.rsp);
    }
  }

  /**
   * Say over `frame` that its window does not answer, unless it reports in time that it is drawn, and offer to load it
   * again or to leave it.
   * @param {HTMLIFrameElement} frame @param {boolean} english @param {() => void} leave
   */
  function offerWayOut(frame, english, leave) {
    const panel = document.createElement("div");
    panel.setAttribute("role", "alert");
    style(panel, { position: "absolute", inset: "0", margin: "auto", width: "min(360px, 90%)", height: "fit-content" });
    style(panel, { "box-sizing": "border-box", padding: "24px", border: "1px solid #8a919c", "border-radius": "14px" });
    style(panel, { background: "#fff", color: "#111820", font: "16px/1.5 sans-serif", "word-break": "keep-all" });
    const [sorry, retry, end] = english
      ? ["The payment server does not answer. Try again, or close this and return to the shop.", "Try again", "Close"]
      : ["결제 서버가 응답하지 않습니다. 다시 시도하거나 닫고 상점으로 돌아가세요.", "다시 시도", "닫기"];
    panel.append(sorry, document.createElement("br"), action(retry, again), action(end, leave));
    frame.addEventListener("load", () => expect(2_000));
    let timer = 0;
    expect(10_000);
    return { withdraw };

    function expect(/** @type {number} */ milliseconds) {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => (frame.after(panel), panel.querySelector("button")?.focus()), milliseconds);
    }
    function withdraw() {
      window.clearTimeout(timer);
      panel.remove();
    }
    function again() {
      withdraw();
      expect(10_000);
      frame.src = frame.src;
    }
  }

  /** @param {string} label @param {() => void} act */
  function action(label, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    style(button, { "min-height": "44px", margin: "16px 8px 0 0", padding: "0 18px", border: "1px solid #8a919c" });
    style(button, { "border-radius": "8px", background: "#fff", color: "inherit", font: "inherit", cursor: "pointer" });
    button.addEventListener("click", act);
    return button;
  }

  /** Keep scrolling and the keyboard away from the page behind the layer. Return a function that undoes this. */
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
   * Report to the shop that no window opened: by callback; without a callback, a phone goes to `m_redirect_url`
   * and a PC shows the message.
   * @param {Record<string, any>} refusal @param {Record<string, any>} params @param {Callback} callback
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
   * Call the shop's callback. An exception in it is a mistake of the shop and is only logged.
   * @param {Callback} callback @param {Record<string, any>} rsp
   */
  function answer(callback, rsp) {
    if (typeof callback !== "function") return;
    try {
      callback(rsp);
    } catch (error) {
      console.error(error);
    }
  }

  /** @param {HTMLElement} element @param {Record<string, string>} rules */
  function style(element, rules) {
    for (const [property, value] of Object.entries(rules)) element.style.setProperty(property, value);
  }

  /** An iPad that requests desktop sites identifies itself as a Mac, but a Mac has no touch points. */
  function deviceOfThisBrowser() {
    const named = /iPhone|iPad|iPod|Android|Mobile/.test(navigator.userAgent);
    const touchMac = /Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1;
    return named || touchMac ? "mobile" : "pc";
  }
})();
