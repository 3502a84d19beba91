// @ts-check
// Finds the elements with a `data-module`, such as `components/buy-form`, and calls that module's default export with
// each. The name is the file's path below this folder. A control that does nothing without its module is `disabled` in
// the HTML, and the module enables it.

/**
 * Start the modules of all elements below `root`: of the whole page when it loads, and of each part that is replaced.
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
