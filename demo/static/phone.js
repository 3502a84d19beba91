// @ts-check
// "On a phone": shows a code that opens this guide, as it is set up, on a phone. Then the page follows the phone's runs.
// The setup travels in the code's page on the server, so the code stays small however much was changed.

const phone = /** @type {HTMLElement} */ (document.querySelector("#phone"));
const dialog = /** @type {HTMLDialogElement} */ (phone.querySelector("dialog"));
const opener = /** @type {HTMLButtonElement} */ (phone.querySelector("[data-open]"));
const workbench = phone.closest("#workbench");
const { issue, news } = phone.dataset;
/** The runs that began on this page. */
const ours = new Set();
/** The id of the code shown. */
let shown = "";
/** When the code ends, on the clock of `performance.now`. */
let endsAt = 0;
/** @type {"none" | "valid" | "over" | "opened"} */
let state = "none";
let timer = 0;

document.body.append(dialog); // the panel around the button may become a hidden tab while the dialog is open
opener.disabled = false;
opener.addEventListener("click", () => {
  dialog.showModal();
  if (issue) show();
});
dialog.querySelector("[data-close]")?.addEventListener("click", () => dialog.close());
dialog.querySelector("[data-new]")?.addEventListener("click", show);
dialog.addEventListener("close", () => clearInterval(timer));
workbench?.addEventListener("run-start", (event) => {
  ours.add(/** @type {CustomEvent} */ (event).detail.runId);
  part("run").hidden = true;
});
if (news) follow();

/** Fetch a new code and show it. */
async function show() {
  const { postJson, HttpError } = await import(phone.dataset.http ?? "");
  const again = /** @type {HTMLButtonElement} */ (part("new"));
  again.disabled = true;
  enter("none");
  part("said").textContent = "";
  try {
    const { id, url, svg, seconds } = await postJson(issue, { target: target() });
    part("code").replaceChildren(document.adoptNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement));
    part("url").textContent = url;
    shown = id;
    endsAt = performance.now() + seconds * 1000;
    enter("valid");
    timer = window.setInterval(tick, 1000);
  } catch (error) {
    part("said").textContent = (error instanceof HttpError && error.problem.message) || part("said").dataset.offline;
  } finally {
    again.disabled = false;
  }
}

/** The address of this guide without the result of an earlier run, and without the device: a phone is one itself. */
function target() {
  const query = new URLSearchParams(window.location.search);
  query.delete("order");
  const setup = window.location.hash.slice(1).split("&").filter((entry) => entry.includes("=") && !entry.startsWith("device="));
  return `${window.location.pathname}${query.size ? `?${query}` : ""}${setup.length ? `#${setup.join("&")}` : ""}`;
}

function tick() {
  if (performance.now() >= endsAt) enter("over");
  else part("left").textContent = (part("left").dataset.valid ?? "").replace("{time}", left());
}

/** The time left, such as `4:59`. */
function left() {
  const seconds = Math.ceil((endsAt - performance.now()) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** @param {typeof state} next */
function enter(next) {
  state = next;
  clearInterval(timer);
  part("code").dataset.state = state;
  if (state === "valid") tick();
  else part("left").textContent = (state === "none" ? "" : part("left").dataset[state]) || "\u00a0";
  if (state !== "none") part("said").textContent = part("said").dataset[state === "valid" ? "made" : state] ?? "";
}

/** Follow what this person does on other devices, as long as the page is open. */
async function follow() {
  const [{ getJson }, { Poll }] = await Promise.all([import(phone.dataset.http ?? ""), import(phone.dataset.poll ?? "")]);
  let after = phone.dataset.after ?? "0";
  new Poll(async () => {
    const { opened, run } = await getJson(`${news}?guide=${phone.dataset.guide}&after=${after}`);
    if (opened && opened === shown && state !== "opened") enter("opened");
    if (run) {
      after = run.order_id;
      tell(run);
    }
    return { settled: false, changed: Boolean(run) };
  }).start();
}

/** @param {{run_id: string, merchant_uid: string}} run that began on this page or on another device */
function tell({ run_id: runId, merchant_uid: merchantUid }) {
  if (ours.has(runId)) return;
  /** @type {HTMLAnchorElement} */ (part("run-link")).search = `?order=${encodeURIComponent(merchantUid)}`;
  part("run").hidden = false;
  workbench?.dispatchEvent(new CustomEvent("run-elsewhere", { detail: { runId } }));
}

/** @param {string} name @returns {HTMLElement} */
function part(name) {
  const found = phone.querySelector(`[data-${name}]`) ?? dialog.querySelector(`[data-${name}]`);
  return /** @type {HTMLElement} */ (found);
}
