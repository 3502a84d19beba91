// @ts-check
// Replaces parts of the page, and its title, with what the server would show now.

/**
 * Fetch this page again and replace one element with its new version.
 *
 * @param {string} id of the element, which both versions of the page have
 * @returns {Promise<HTMLElement>} the new element; pass it to `enhance`
 * @throws {Error} when the page cannot be loaded, or a version of it lacks the element
 */
export async function refresh(id) {
  const [fresh] = await refreshAll([id]);
  return fresh;
}

/**
 * Fetch this page once, and replace several elements with their new versions, as `refresh` does.
 *
 * @param {string[]} ids
 * @returns {Promise<HTMLElement[]>} the new elements, in the order of the ids
 * @throws {Error} when the page cannot be loaded, or a version of it lacks an element
 */
export async function refreshAll(ids) {
  const response = await fetch(window.location.href, { credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (response.ok) document.title = page.title;
  return ids.map((id) => {
    const fresh = page.getElementById(id);
    const stale = document.getElementById(id);
    if (!response.ok || !fresh || !stale) throw new Error(`no #${id} in ${window.location.href}`);
    stale.replaceWith(document.adoptNode(fresh));
    return fresh;
  });
}
