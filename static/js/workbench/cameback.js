// @ts-check
// What a run brought back, from the server's report of the run: callback and query beside each other, the comparisons,
// and each charge with the key.
import { getJson } from "../http.js";
import { callbackAndQuery, cell, chargeBlock, checkRows } from "./lens.js";

/** Rows of the fields that are shown at first: those that decide or mislead come first. The stylesheet hides the rest. */
const SHORT = 8;

/** @param {HTMLElement} element with `data-report`, the address of the report with RUN in place of the run's id */
export default function cameBack(element) {
  const workbench = /** @type {HTMLElement} */ (element.closest("#workbench"));
  let runId = element.dataset.run ?? "";

  workbench.addEventListener("run-start", (event) => {
    runId = /** @type {CustomEvent} */ (event).detail.runId;
  });
  for (const name of ["run-return", "run-result", "run-charged"]) workbench.addEventListener(name, () => load());
  if (runId) load();
  const more = /** @type {HTMLButtonElement} */ (part(element, "more").querySelector("button"));
  more.addEventListener("click", () => {
    const isShort = part(element, "fields").classList.toggle("lens--short");
    more.setAttribute("aria-expanded", String(!isShort));
  });

  async function load() {
    const report = await getJson((element.dataset.report ?? "").replace("RUN", runId)).catch(() => null);
    if (report) draw(element, report);
  }
}

/**
 * @param {HTMLElement} element
 * @param {import("./lens.js").Report} report
 */
function draw(element, report) {
  const words = element.dataset;
  const fields = callbackAndQuery(report.orders, words);
  const checks = checkRows(report.orders, words);
  part(element, "empty").hidden = fields.length + checks.length > 0;
  fill(part(element, "fields"), fields);
  part(element, "more").hidden = fields.length <= SHORT;
  fill(part(element, "checks"), checks);
  const charges = report.orders.flatMap((order) => order.charges);
  part(element, "charges").hidden = !charges.length;
  part(element, "charge-list").replaceChildren(...charges.map(chargeBlock));
}

/**
 * @param {HTMLElement} table
 * @param {import("./lens.js").Row[]} rows
 */
function fill(table, rows) {
  table.hidden = !rows.length;
  const lines = rows.map((row) => {
    const line = document.createElement("tr");
    line.append(...row.map(cell));
    if (row.length === 1) line.cells[0].colSpan = 4; // the name of a device, above its rows
    return line;
  });
  table.querySelector("tbody")?.replaceChildren(...lines);
}

/** @param {HTMLElement} element @param {string} name */
function part(element, name) {
  return /** @type {HTMLElement} */ (element.querySelector(`[data-part="${name}"]`));
}
