// @ts-check
// Brings a part of the page up to date with what the server would show now.

/**
 * Fetches this page again and puts the new version of one element in the place of the old one.
 *
 * @param {string} id of the element, which both versions of the page have
 * @returns {Promise<HTMLElement>} the new element, not yet enhanced
 */
export async function refresh(id) {
  const response = await fetch(window.location.href, { credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById(id);
  const stale = document.getElementById(id);
  if (!response.ok || !fresh || !stale) throw new Error(`no #${id} in ${window.location.href}`);
  stale.replaceWith(document.adoptNode(fresh));
  return fresh;
}
