// @ts-check
// The setup in the page's address: the changes by hand, the mistakes and the device, as a fragment, which browsers send
// to no server. Only fields that the guide names get into it, so a pasted secret under another name does not.

export const LONGEST = 2000;
const DEVICES = ["pc", "mobile", "both"];

/**
 * @param {HTMLElement} workbench
 * @param {import("./setup.js").Setup} setup
 * @returns {() => void} writes the address again after a change of the setup
 */
export function bindLink(workbench, setup) {
  const first = setup.device;
  const copy = /** @type {HTMLButtonElement} */ (workbench.querySelector("#copy-setup"));
  const label = copy.textContent;
  copy.disabled = false;
  copy.addEventListener("click", async () => {
    const isShort = written(setup, first).length <= LONGEST;
    // Browsers allow this on a secure address only. The address bar holds the same link.
    if (isShort) await navigator.clipboard?.writeText(window.location.href);
    const isCopied = isShort && navigator.clipboard;
    copy.textContent = (isCopied ? copy.dataset.copied : isShort ? copy.dataset.byHand : copy.dataset.tooLong) ?? "";
  });
  copy.addEventListener("blur", () => (copy.textContent = label));

  read(window.location.hash, setup);
  window.addEventListener("hashchange", () => {
    if (read(window.location.hash, setup)) setup.onChange();
  });
  let last = "";
  return () => {
    const text = written(setup, first);
    const fits = text.length <= LONGEST ? text : "";
    // Without changes the fragment may be the name of a section: leave that alone.
    if (fits || last) history.replaceState(null, "", `${window.location.pathname}${window.location.search}${fits ? "#" : ""}${fits}`);
    last = fits;
    comeBackTo(workbench, fits);
  };
}

/**
 * Return the setup as the text of a fragment, such as `amount=100&unset=buyer_email&mistakes=init-forgotten`.
 *
 * @param {import("./setup.js").Setup} setup
 * @param {string} device that the page selects by default
 * @param {string[]} [without] fields to leave out
 */
export function written(setup, device, without = []) {
  const { set, unset } = setup.typed();
  const isKept = (/** @type {string} */ name) => setup.fields.has(name) && !without.includes(name);
  const entries = Object.entries(set).filter(([name]) => isKept(name));
  const query = new URLSearchParams(entries.map(([name, value]) => [name, encoded(value)]));
  const absent = unset.filter(isKept);
  if (absent.length) query.set("unset", absent.join(","));
  if (setup.mistakes.size) query.set("mistakes", [...setup.mistakes].join(","));
  if (setup.device !== device) query.set("device", setup.device);
  return query.toString().replaceAll("%2C", ",");
}

/**
 * Set up what a fragment says, and ignore what this guide does not know. Return whether it said anything.
 *
 * @param {string} fragment
 * @param {import("./setup.js").Setup} setup
 */
function read(fragment, setup) {
  if (fragment.length > LONGEST + 1) return false;
  const query = new URLSearchParams(fragment.slice(1));
  const list = (/** @type {string} */ name) => (query.get(name) ?? "").split(",");
  const set = [...query].filter(([name]) => setup.fields.has(name));
  const unset = list("unset").filter((name) => setup.fields.has(name));
  const mistakes = list("mistakes").filter((id) => setup.offers.has(id));
  const device = query.get("device") ?? "";
  if (!set.length && !unset.length && !mistakes.length && !DEVICES.includes(device)) return false;
  setup.load({ set: set.map(([name, value]) => [name, decoded(value)]), unset, mistakes });
  if (DEVICES.includes(device)) setup.device = /** @type {"pc"} */ (device);
  return true;
}

/** Return a value as JSON, or plain if it is text that does not look like JSON. @param {unknown} value */
function encoded(value) {
  return typeof value === "string" && decoded(value) === value ? value : JSON.stringify(value);
}

/** @param {string} text @returns {unknown} */
function decoded(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Let the sign-in lead back to this setup, and the link to the other language keep it. @param {HTMLElement} workbench @param {string} fragment */
function comeBackTo(workbench, fragment) {
  const back = `${window.location.pathname}${window.location.search}${fragment ? "#" : ""}${fragment}`;
  const other = /** @type {HTMLAnchorElement | null} */ (document.querySelector(".site-account a[hreflang]"));
  if (other) other.hash = fragment;
  const inputs = /** @type {NodeListOf<HTMLInputElement>} */ (workbench.querySelectorAll("input[name=next]"));
  for (const input of inputs) input.value = back;
  const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (workbench.querySelectorAll('a[href*="next="]'));
  for (const link of links) {
    const url = new URL(link.href);
    url.searchParams.set("next", back);
    link.href = url.href;
  }
}
