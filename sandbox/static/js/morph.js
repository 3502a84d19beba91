// @ts-check
/** Change a page into its newer version only where they differ, so that what the reader is using stays as it is. */

/** Forms that the reader has begun to fill in. */
const touched = new WeakSet();

/** Leave forms alone from the moment that the reader types in them. */
export function spareFormsInUse() {
  document.addEventListener("input", (event) => {
    const form = event.target instanceof Element && event.target.closest("form");
    if (form) touched.add(form);
  });
}

/**
 * Update the children one by one. A child with an id is recognised by its id, at any position.
 * @param {Element} old
 * @param {Element} fresh
 */
export function morphChildren(old, fresh) {
  let next = old.firstChild;
  for (const child of Array.from(fresh.childNodes)) {
    const known = sameAs(child, old, next);
    if (known && known === next) next = next.nextSibling;
    else old.insertBefore(known || enter(child), next);
    if (known instanceof Element) morph(known, /** @type {Element} */ (child));
    else if (known && known.nodeValue !== child.nodeValue) known.nodeValue = child.nodeValue;
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

/**
 * Make `old` equal to `fresh`, except a form that the reader is using.
 * @param {Element} old
 * @param {Element} fresh
 */
function morph(old, fresh) {
  const isInUse = old.matches("form") && (old.contains(document.activeElement) || touched.has(old));
  if (isInUse || old.hasAttribute("data-clock") || old.isEqualNode(fresh)) return;
  copyAttributes(old, fresh);
  morphChildren(old, fresh);
}

/**
 * Return the child of `old` that corresponds to `child`: the one with the same id, else `next` if it is alike.
 * @param {ChildNode} child
 * @param {Element} old
 * @param {ChildNode | null} next
 * @returns {ChildNode | null}
 */
function sameAs(child, old, next) {
  if (child instanceof Element && child.id) {
    return Array.from(old.children).find((sibling) => sibling.id === child.id) || null;
  }
  const isAlike = next && next.nodeName === child.nodeName && !(next instanceof Element && next.id);
  return isAlike ? next : null;
}

/** @param {ChildNode} child */
function enter(child) {
  if (child instanceof Element && child.nodeName === "TR") child.classList.add("fresh");
  return child;
}

/**
 * Copy every attribute except `open`, so that what the reader has opened stays open.
 * @param {Element} old
 * @param {Element} fresh
 */
function copyAttributes(old, fresh) {
  for (const name of [...old.getAttributeNames(), ...fresh.getAttributeNames()]) {
    const value = fresh.getAttribute(name);
    if (name === "open" || old.getAttribute(name) === value) continue;
    if (value === null) old.removeAttribute(name);
    else old.setAttribute(name, value);
  }
}
