// @ts-check
// The rows of the tables that show what a run brought back.

/**
 * @typedef {object} Charge
 * @property {string} merchant_uid
 * @property {object | null} request
 * @property {object | null} response
 * @property {string} outcome
 *
 * @typedef {object} RunOrder
 * @property {"pc" | "mobile" | null} device
 * @property {{kind: "callback" | "landing", fields: Record<string, unknown>} | null} returned
 * @property {{name: string, ours: unknown, theirs: unknown, same: boolean}[]} checks
 * @property {Charge[]} charges
 *
 * @typedef {{orders: RunOrder[]}} Report `GET /guides/runs/<run_id>`
 * @typedef {{text: string, mark?: "head" | "missing" | "good" | "bad"}} Cell
 * @typedef {Cell[]} Row
 */

/**
 * Return a row for each field of the callback or of the query.
 *
 * @param {RunOrder[]} orders
 * @param {DOMStringMap} words
 * @returns {Row[]}
 */
export function callbackAndQuery(orders, words) {
  /** @param {string} kind */
  const fieldsOf = (kind) => orders.find((order) => order.returned?.kind === kind)?.returned?.fields;
  const [callback, query] = [fieldsOf("callback"), fieldsOf("landing")];
  const hints = JSON.parse(words.hints ?? "{}");
  const came = new Set([...Object.keys(callback ?? {}), ...Object.keys(query ?? {})]);
  const names = [...Object.keys(hints).filter((name) => came.delete(name)), ...came];
  return names.map((name) => [
    { text: name, mark: "head" },
    valueIn(callback, name, words.noCallback ?? "", words.noRun ?? ""),
    valueIn(query, name, words.noQuery ?? "", words.noRun ?? ""),
    { text: hints[name] ?? hints[""] },
  ]);
}

/**
 * Return a row for each comparison of the server. In a run on both devices each device has its own, below its name.
 *
 * @param {RunOrder[]} orders
 * @param {DOMStringMap} words
 * @returns {Row[]}
 */
export function checkRows(orders, words) {
  return orders.flatMap((order) => {
    const rows = order.checks.map(({ name, ours, theirs, same }) => [
      { text: name, mark: "head" },
      { text: plain(ours) },
      theirs === null ? { text: words.silent ?? "", mark: "missing" } : { text: plain(theirs) },
      { text: (same ? words.same : words.different) ?? "", mark: same ? "good" : "bad" },
    ]);
    const device = order.device === "mobile" ? words.phone : words.pc;
    return /** @type {Row[]} */ (orders.length > 1 && rows.length ? [[{ text: device ?? "", mark: "head" }], ...rows] : rows);
  });
}

/** @param {Cell} content */
export function cell({ text, mark }) {
  const element = /** @type {HTMLTableCellElement} */ (document.createElement(mark === "head" ? "th" : "td"));
  if (mark === "head") element.scope = "row";
  else if (mark) element.className = `lens__${mark}`;
  element.textContent = text;
  return element;
}

/** Return request and response of a charge. @param {Charge} charge */
export function chargeBlock({ merchant_uid, request, response, outcome }) {
  const block = document.createElement("details");
  block.className = "more";
  const summary = document.createElement("summary");
  summary.textContent = `${merchant_uid} · ${outcome}`;
  const code = document.createElement("pre");
  code.className = "code";
  code.tabIndex = 0;
  code.textContent = `${JSON.stringify(request, null, 2)}\n\n${JSON.stringify(response, null, 2)}`;
  block.append(summary, code);
  return block;
}

/**
 * @param {Record<string, unknown> | undefined} fields undefined if the run was not made on this device
 * @param {string} name
 * @param {string} missing
 * @param {string} notRun
 * @returns {Cell}
 */
function valueIn(fields, name, missing, notRun) {
  if (!fields) return { text: notRun, mark: "missing" };
  return name in fields ? { text: plain(fields[name]) } : { text: missing, mark: "missing" };
}

/** @param {unknown} value */
function plain(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
