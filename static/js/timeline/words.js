// @ts-check
// How a row of a timeline reads: its time, its name, whether it went wrong, and the text that the filter searches.

/** Milliseconds after the first row in which the time of a row is the time since then. */
const SINCE_FIRST = 600_000;

/** Statuses that mean that something failed. A 404 is an ordinary answer to the question whether there is a payment. */
const IS_BAD = /^(40[013]|429|5\d\d)|Error|Timeout/;

/** @param {import("./types.js").TimelineRow} row */
export function isBad(row) {
  return IS_BAD.test(row.status) || row.event === "payment.mismatch";
}

/**
 * Shorten the ids in a name: their beginning tells two of them apart, and the open row has the whole.
 *
 * @param {string} name
 */
export function short(name) {
  return name.replace(/\b(imp_|order_|inv_|cu_)(\w{5})\w{4,}/g, "$1$2…");
}

/** @param {import("./types.js").TimelineRow} row */
export function textOf(row) {
  return JSON.stringify([row.name, row.event, row.title, row.status, row.merchant_uid, row.payload, row.request, row.response]).toLowerCase();
}

/**
 * @param {import("./types.js").TimelineRow} row
 * @param {import("./types.js").TimelineRow} first
 */
export function timeOf(row, first) {
  const since = row.at - first.at;
  return since < SINCE_FIRST ? (since / 1000).toFixed(3) : row.when;
}

/**
 * Return the parts of a name or path, with a place for a line break after each dot and slash.
 *
 * @param {string} name
 * @returns {(string | HTMLElement)[]}
 */
export function breakable(name) {
  return name.split(/(?<=[./])/).flatMap((part, n) => (n ? [document.createElement("wbr"), part] : [part]));
}
