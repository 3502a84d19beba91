// @ts-check
// Finds the elements that want behaviour, `data-module="components/buy-form"`, and hands each to that module's default
// export. The name is the file's path below this folder. A control that does nothing without its module is `disabled`
// in the HTML, and the module enables it.

/**
 * For the whole page at its start, and again for a part that was replaced.
 *
 * @param {ParentNode} root
 */
export async function enhance(root) {
  const elements = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-module]"));
  await Promise.all([...elements].map(start));
}

/** @param {HTMLElement} element */
async function start(element) {
  const module = await import(`./${element.dataset.module}.js`);
  module.default(element);
}

enhance(document);
