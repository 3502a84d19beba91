// @ts-check
// A timeline: fetches the rows of its subject, and follows what happens while something is open.
import { getJson } from "../http.js";
import { diagram } from "./diagram.js";
import { keys } from "./keys.js";
import { Poll } from "./poll.js";
import { Rows } from "./rows.js";

/** @param {HTMLElement} element with `data-url`; a `-` in its place of the run's id waits for the event `run-start` */
export default function timeline(element) {
  const rows = new Rows(element);
  let cursor = "";
  const poll = new Poll(async () => {
    const url = element.dataset.url ?? "";
    if (url.includes("/-/") || !isVisible(element)) return { settled: true, changed: false };
    const answer = await getJson(`${url}?after=${encodeURIComponent(cursor)}`);
    cursor = answer.cursor;
    rows.take(answer.rows);
    if (answer.rows.length) element.dispatchEvent(new CustomEvent("trace-change"));
    return { settled: answer.settled, changed: answer.rows.length > 0 };
  });
  keys(element);
  diagram(element);
  filter(element, rows);
  element.addEventListener("trace-restart", () => {
    cursor = "";
    rows.clear();
  });
  followRuns(element, () => poll.start());
  // A timeline that was hidden in a closed panel reads what it missed.
  new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && poll.start()).observe(element);
  poll.start();
}

/**
 * Follow the runs of the guide's page: a new run begins with an empty timeline, and has one as soon as it has an order.
 * A run in another browser of the same person has its order already.
 *
 * @param {HTMLElement} element
 * @param {() => void} read reads again, when the run reports something and when it ends
 */
function followRuns(element, read) {
  const workbench = element.closest("#workbench");
  let runId = "";
  workbench?.addEventListener("run-start", (event) => {
    runId = /** @type {CustomEvent} */ (event).detail.runId;
    showRun(element, "-");
    element.dispatchEvent(new CustomEvent("trace-restart"));
  });
  workbench?.addEventListener("run-order", () => {
    if (runId) showRun(element, runId);
    read();
  });
  workbench?.addEventListener("run-elsewhere", (event) => {
    const elsewhere = /** @type {CustomEvent} */ (event).detail.runId;
    if (element.dataset.url?.includes(`/runs/${encodeURIComponent(elsewhere)}/`)) return;
    showRun(element, elsewhere);
    element.dispatchEvent(new CustomEvent("trace-restart"));
    read();
  });
  for (const event of ["run-return", "run-result", "run-end"]) workbench?.addEventListener(event, read);
}

/**
 * @param {HTMLElement} element
 * @param {string} runId
 */
function showRun(element, runId) {
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (element.querySelectorAll("[data-file]"))) {
    link.href = ofRun(link.href, runId);
  }
  element.dataset.url = ofRun(element.dataset.url ?? "", runId);
  element.dataset.diagramUrl = ofRun(element.dataset.diagramUrl ?? "", runId);
}

/**
 * @param {string} url of a run's timeline
 * @param {string} runId
 */
function ofRun(url, runId) {
  return url.replace(/\/runs\/[^/]+\//, `/runs/${encodeURIComponent(runId)}/`);
}

/**
 * @param {HTMLElement} element
 * @param {Rows} rows
 */
function filter(element, rows) {
  const input = /** @type {HTMLInputElement} */ (element.querySelector("[data-filter]"));
  input.addEventListener("input", () => rows.filter(input.value));
}

/** @param {HTMLElement} element */
function isVisible(element) {
  return element.checkVisibility?.() ?? true;
}
