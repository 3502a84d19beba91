// @ts-check
// What the reader has set up: the request of the guide with the changes made to it. Knows no page.

/** Set and unset fields are dotted names, such as `bypass.widget_code`; set values are JSON. */
export class Setup {
  /** @param {Record<string, unknown>} request as the guide's variant sends it */
  constructor(request) {
    this.base = flat(request);
    /** @type {Map<string, unknown>} */
    this.set = new Map();
    /** @type {Set<string>} */
    this.unset = new Set();
    /** @type {Set<string>} */
    this.mistakes = new Set();
    this.onChange = () => {};
  }

  /** The names of the changed fields. */
  changed() {
    return [...this.set.keys(), ...this.unset];
  }

  /** The changes, as `run-start` passes them on. */
  edits() {
    return { set: Object.fromEntries(this.set), unset: [...this.unset] };
  }

  /** The request as the browser would send it. */
  request() {
    const values = new Map([...this.base, ...this.set]);
    for (const name of this.unset) values.delete(name);
    return nested(values);
  }
}

/**
 * Return the leaves of a nested object by dotted name.
 *
 * @param {Record<string, unknown>} object
 * @param {string} [prefix]
 * @returns {Map<string, unknown>}
 */
export function flat(object, prefix = "") {
  const leaves = new Map();
  for (const [name, value] of Object.entries(object)) {
    const inner = isObject(value) ? flat(value, `${prefix}${name}.`) : [[`${prefix}${name}`, value]];
    for (const [dotted, leaf] of inner) leaves.set(dotted, leaf);
  }
  return leaves;
}

/**
 * Return the nested object that `flat` takes apart.
 *
 * @param {Map<string, unknown>} leaves
 */
export function nested(leaves) {
  /** @type {Record<string, any>} */
  const object = {};
  for (const [dotted, value] of leaves) {
    const parents = dotted.split(".");
    const name = /** @type {string} */ (parents.pop());
    let place = object;
    for (const parent of parents) place = place[parent] = isObject(place[parent]) ? place[parent] : {};
    place[name] = value;
  }
  return object;
}

/** @param {unknown} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
