// @ts-check
// The links to the other variants of a guide. They take the reader's changes along, except for the fields that a variant
// sets itself, and name those in the fragment, so that the page of the variant can say what it did not keep.
import { LONGEST, written } from "./link.js";

const DROPPED = "dropped";

/**
 * @param {HTMLElement} workbench
 * @param {import("./setup.js").Setup} setup
 * @returns {() => void} writes the links again after a change of the setup
 */
export function bindVariants(workbench, setup) {
  const first = setup.device;
  const links = /** @type {HTMLAnchorElement[]} */ ([...workbench.querySelectorAll("a[data-sets]")]);
  tellDropped(workbench);
  return () => {
    for (const link of links) link.hash = fragmentFor(setup, first, JSON.parse(link.dataset.sets ?? "[]"));
  };
}

/**
 * @param {import("./setup.js").Setup} setup
 * @param {string} device that the page selects by default
 * @param {string[]} sets fields that the variant sets itself
 */
function fragmentFor(setup, device, sets) {
  const { set, unset } = setup.typed();
  const changed = [...Object.keys(set), ...unset];
  const text = written(setup, device, sets);
  const isShort = text.length <= LONGEST;
  const dropped = changed.filter((name) => !isShort || sets.includes(name) || !setup.fields.has(name));
  return [isShort && text, dropped.length && `${DROPPED}=${dropped.map(encodeURIComponent).join(",")}`].filter(Boolean).join("&");
}

/** Say what the variant did not keep, and take it out of the address. @param {HTMLElement} workbench */
function tellDropped(workbench) {
  const note = /** @type {HTMLElement | null} */ (workbench.querySelector("#dropped-fields"));
  const query = new URLSearchParams(window.location.hash.slice(1));
  const names = (query.get(DROPPED) ?? "").split(",").filter((name) => /^[\w.]{1,40}$/.test(name));
  if (!note || !names.length) return;
  note.textContent = (note.dataset.words ?? "").replace("{names}", names.join(", "));
  note.hidden = false;
  query.delete(DROPPED);
  history.replaceState(null, "", `${window.location.pathname}${window.location.search}#${query}`);
}
