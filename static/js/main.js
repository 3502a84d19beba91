// @ts-check
// Finds the elements with a `data-module`, such as `components/buy-form`, and calls that module's default export with
// each. The name is the file's path below this folder. A control that does nothing without its module is `disabled` in
// the HTML, and the module enables it.

/**
 * Start the modules of all elements below `root`: of the whole page when it loads, and of each part that is replaced.
 * Modules of one page talk by events, so none starts before all have loaded: what the first one says would be lost. A
 * module that fails stops no other.
 *
 * @param {ParentNode} root
 */
export async function enhance(root) {
  const elements = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-module]"));
  const loaded = await Promise.all([...elements].map(load));
  for (const start of loaded) start();
}

/**
 * @param {HTMLElement} element
 * @returns {Promise<() => void>} starts the element's module
 */
async function load(element) {
  try {
    const module = await import(`./${element.dataset.module}.js`);
    return () => attempt(() => module.default(element));
  } catch (error) {
    return () => reportError(error);
  }
}

/** @param {() => void} start */
function attempt(start) {
  try {
    start();
  } catch (error) {
    reportError(error);
  }
}

enhance(document);
