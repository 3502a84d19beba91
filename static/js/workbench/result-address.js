// @ts-check
// The address at which a guide shows the result of a run: the guide's own, with the order in it.

/**
 * Return the guide's address, with the order of the page on which a purchase ended.
 *
 * @param {DOMStringMap} data `resultUrl`, the guide's address; `orders`, the path prefix of every order's page
 * @param {string} location where the purchase ended
 * @returns {URL | null} null if the purchase ended on a page other than an order's
 */
export function guideWithRun({ resultUrl = "", orders = "" }, location) {
  const { pathname } = new URL(location, window.location.href);
  if (!pathname.startsWith(orders)) return null;
  const url = new URL(resultUrl, window.location.href);
  url.searchParams.set("order", pathname.slice(orders.length).split("/")[0]);
  // The fragment keeps what the reader has set up in the request.
  url.hash = window.location.hash || "run-result";
  return url;
}
