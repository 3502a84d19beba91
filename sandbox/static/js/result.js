// @ts-check
/** Send the result to the page that opened the window; `opener` is the only origin that may receive it. */

const { result, opener } = document.body.dataset;

const shop = window.opener || window.parent;
shop.postMessage({ type: "imp-result", rsp: JSON.parse(result || "null") }, opener || "*");
document.documentElement.dataset.ready = "true";
