// @ts-check
// Replaces a part of the page with what the server would show now.

/**
 * Fetch this page again and replace one element with its new version.
 *
 * @param {string} id of the element, which both versions of the page have
 * @returns {Promise<HTMLElement>} the new element; pass it to `enhance`
 * @throws {Error} when the page cannot be loaded, or a version of it lacks the element
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
