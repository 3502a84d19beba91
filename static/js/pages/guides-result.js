// @ts-check
// Where a guide shows what a run of it brought: its own address, with the order in it.

/**
 * @param {DOMStringMap} data `resultUrl`, the guide's address; `orders`, what the address of every order begins with
 * @param {string} location where the purchase ended
 * @returns {URL | null} null where that is no order's page
 */
export function guideWithRun({ resultUrl = "", orders = "" }, location) {
  const { pathname } = new URL(location, window.location.href);
  if (!pathname.startsWith(orders)) return null;
  const url = new URL(resultUrl, window.location.href);
  url.searchParams.set("order", pathname.slice(orders.length).split("/")[0]);
  url.hash = "run-result";
  return url;
}
