// @ts-check
// Where a text stops to be JSON. `JSON.parse` says so in some browsers and for some mistakes only.

const SPACE = /\s*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Return the position of the first character that cannot be part of JSON, or the length of a text that ends too early.
 *
 * @param {string} text that `JSON.parse` refuses
 */
export function problemAt(text) {
  const reader = new Reader(text);
  if (reader.value()) reader.take(SPACE);
  return reader.at;
}

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /** Move past a pattern and return whether it was there. @param {RegExp} pattern */
  take(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at += found[0].length;
    return found !== null;
  }

  /** Move past spaces and one character, if it is there. @param {string} character */
  mark(character) {
    this.take(SPACE);
    const isThere = this.text[this.at] === character;
    if (isThere) this.at += 1;
    return isThere;
  }

  /** @returns {boolean} */
  value() {
    if (this.mark("{")) return this.list("}", () => this.name() && this.mark(":") && this.value());
    if (this.mark("[")) return this.list("]", () => this.value());
    return this.take(STRING) || this.take(SCALAR);
  }

  name() {
    this.take(SPACE);
    return this.take(STRING);
  }

  /** @param {string} end @param {() => boolean} item @returns {boolean} */
  list(end, item) {
    if (this.mark(end)) return true;
    do if (!item()) return false;
    while (this.mark(","));
    return this.mark(end);
  }
}
