// @ts-check
// What the reader has set up: the request of the guide, the deliberate mistakes, and the fields changed by hand on top.
// Knows no page. Fields are dotted names, such as `bypass.widget_code`; values are JSON.
import { flat, nested, same } from "./leaves.js";
import { applyMistake } from "./mistakes.js";

/** In the changes by hand: the field is not sent. */
const ABSENT = Symbol("absent");

export class Setup {
  /**
   * @param {import("../types.js").FieldFacts[]} fields in the order in which the guide sends them
   * @param {import("../types.js").MistakeFacts[]} mistakes that can be made
   */
  constructor(fields, mistakes) {
    this.fields = new Map(fields.map((field) => [field.name, field]));
    this.base = new Map(fields.filter((field) => field.sent).map(({ name, value }) => [name, value]));
    this.offers = new Map(mistakes.map((mistake) => [mistake.id, mistake]));
    /** @type {Map<string, unknown>} */
    this.byHand = new Map();
    /** @type {Set<string>} */
    this.mistakes = new Set();
    /** @type {"pc" | "mobile" | "both"} */
    this.device = "pc";
    this.onChange = () => {};
  }

  /** The values that the browser would send. */
  values() {
    const values = this.#withMistakes();
    for (const [name, value] of this.byHand) value === ABSENT ? values.delete(name) : values.set(name, value);
    const order = new Set([...this.fields.keys(), ...values.keys()]);
    return new Map([...order].filter((name) => values.has(name)).map((name) => [name, values.get(name)]));
  }

  request() {
    return nested(this.values());
  }

  /** How the request differs from the guide's, as `run-start` passes it on. */
  edits() {
    const values = this.values();
    const set = [...values].filter(([name, value]) => !this.base.has(name) || !same(value, this.base.get(name)));
    return { set: Object.fromEntries(set), unset: [...this.base.keys()].filter((name) => !values.has(name)) };
  }

  changed() {
    const { set, unset } = this.edits();
    return [...Object.keys(set), ...unset];
  }

  /** The changes by hand, as a link keeps them. */
  typed() {
    const set = [...this.byHand].filter(([, value]) => value !== ABSENT);
    const unset = [...this.byHand].filter(([, value]) => value === ABSENT).map(([name]) => name);
    return { set: Object.fromEntries(set), unset };
  }

  /** @param {string} name @param {unknown} value undefined: the field is not sent */
  change(name, value) {
    this.#change(name, value);
    this.onChange();
  }

  /** Undo the change of one field, or of all of them. @param {string} [name] */
  reset(name) {
    if (name === undefined) this.mistakes.clear();
    else this.#withdraw(name);
    name === undefined ? this.byHand.clear() : this.byHand.delete(name);
    this.onChange();
  }

  /** Make a mistake or take it back. @param {string} id */
  toggle(id) {
    const isMade = this.mistakes.has(id);
    const field = this.offers.get(id)?.field;
    if (field) this.#withdraw(field);
    if (field) this.byHand.delete(field);
    isMade ? this.mistakes.delete(id) : this.mistakes.add(id);
    this.onChange();
  }

  /** Take over a whole request. @param {Record<string, unknown>} request */
  replace(request) {
    const wanted = flat(request, this.fields);
    const now = this.values();
    for (const name of new Set([...wanted.keys(), ...now.keys()])) {
      const differs = wanted.has(name) !== now.has(name) || !same(wanted.get(name), now.get(name));
      if (differs) this.#change(name, wanted.get(name));
    }
    this.onChange();
  }

  /** Start over from a link. @param {{set: [string, unknown][], unset: string[], mistakes: string[]}} link */
  load({ set, unset, mistakes }) {
    this.byHand.clear();
    this.mistakes = new Set(mistakes);
    for (const [name, value] of set) this.#change(name, value);
    for (const name of unset) this.#change(name, undefined);
  }

  #withMistakes() {
    const values = new Map(this.base);
    for (const id of this.mistakes) applyMistake(values, this.offers.get(id));
    return values;
  }

  /** @param {string} name @param {unknown} value */
  #change(name, value) {
    this.#withdraw(name);
    const isBase = value === undefined ? !this.base.has(name) : this.base.has(name) && same(value, this.base.get(name));
    isBase ? this.byHand.delete(name) : this.byHand.set(name, value === undefined ? ABSENT : value);
  }

  /** Take back the mistakes that change this field. @param {string} name */
  #withdraw(name) {
    for (const id of this.mistakes) if (this.offers.get(id)?.field === name) this.mistakes.delete(id);
  }
}
