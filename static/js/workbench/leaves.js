// @ts-check
// A nested request as a flat list of dotted names, and back.

/**
 * Return the values of a nested object by dotted name. A name that is known as a field stays whole, such as an object
 * in `custom_data`.
 *
 * @param {Record<string, unknown>} object
 * @param {{has(name: string): boolean}} known
 * @param {string} [prefix]
 * @returns {Map<string, unknown>}
 */
export function flat(object, known, prefix = "") {
  /** @type {Map<string, unknown>} */
  const leaves = new Map();
  for (const [name, value] of Object.entries(object)) {
    const dotted = prefix + name;
    if (known.has(dotted) || !isObject(value)) leaves.set(dotted, value);
    else for (const [inner, leaf] of flat(value, known, `${dotted}.`)) leaves.set(inner, leaf);
  }
  return leaves;
}

/**
 * Return the nested object that `flat` takes apart.
 *
 * @param {Iterable<[string, unknown]>} leaves
 */
export function nested(leaves) {
  /** @type {Record<string, any>} */
  const object = {};
  for (const [dotted, value] of leaves) put(object, dotted.split("."), value);
  return object;
}

/**
 * Return the request with the changes of a run. It leaves the request that it receives as it is.
 *
 * @param {Record<string, any>} request as the server made it
 * @param {{set?: Record<string, unknown>, unset?: string[]}} edits by dotted name
 */
export function edited(request, { set = {}, unset = [] }) {
  const copy = structuredClone(request);
  for (const dotted of unset) remove(copy, dotted.split("."));
  for (const [dotted, value] of Object.entries(set)) put(copy, dotted.split("."), value);
  return copy;
}

/** Whether two JSON values are equal. @param {unknown} one @param {unknown} other */
export function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** @param {unknown} value @returns {value is Record<string, any>} */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param {Record<string, any>} object @param {string[]} path @param {unknown} value */
function put(object, [name, ...rest], value) {
  if (rest.length === 0) {
    // `__proto__` as a name would change the object instead of its content.
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
    return;
  }
  if (!Object.hasOwn(object, name) || !isObject(object[name])) put(object, [name], {});
  put(object[name], rest, value);
}

/** @param {Record<string, any>} object @param {string[]} path */
function remove(object, [name, ...rest]) {
  if (!Object.hasOwn(object, name)) return;
  if (rest.length === 0) delete object[name];
  else if (isObject(object[name])) remove(object[name], rest);
}
