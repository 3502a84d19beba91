// @ts-check
// Prints a request as lines of JavaScript, in the words and colours of the server's snippets. Knows no page.
import { isObject } from "./leaves.js";

/**
 * A line of code: the field that it shows, and its text in pieces with a colour's class or none.
 * @typedef {{field: string, pieces: [text: string, colour: string][]}} Line
 */

/**
 * Return the lines of an object literal's fields.
 *
 * @param {Record<string, unknown>} request
 * @param {string} indent
 * @param {Record<string, string> | null} sources the server's value of each field, for code that gets it from `order`;
 *   null for a call with the values themselves
 * @param {string} [path] dotted name of the object, with a dot at its end
 * @returns {Line[]}
 */
export function linesOf(request, indent, sources, path = "") {
  return Object.entries(request).flatMap(([name, value]) => {
    const field = `${path}${name}`;
    if (isObject(value)) {
      const inner = linesOf(value, `${indent}  `, sources, `${field}.`);
      return [plain(field, `${indent}${name}: {`), ...inner, plain(field, `${indent}},`)];
    }
    if (sources && (name === "pg" || name === "channelKey")) {
      return [commented(field, `${indent}...order.channel, `, literal({ [name]: value }))];
    }
    if (sources && name in sources) return [commented(field, `${indent}${name}: order.${sources[name]}, `, literal(value))];
    return [{ field, pieces: [[`${indent}${name}: `, ""], [literal(value), colourOf(value)], [",", ""]] }];
  });
}

/**
 * Return a value as the snippets write it: JSON, with a space after each comma and colon.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function literal(value) {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? "undefined";
  const inner = Object.entries(value).map(([name, leaf]) => `${JSON.stringify(name)}: ${literal(leaf)}`);
  return `{${inner.join(", ")}}`;
}

/**
 * @param {string} field
 * @param {string} text
 * @returns {Line}
 */
function plain(field, text) {
  return { field, pieces: [[text, ""]] };
}

/**
 * @param {string} field
 * @param {string} code
 * @param {string} value
 * @returns {Line}
 */
function commented(field, code, value) {
  return { field, pieces: [[code, ""], [`// ${value}`, "c"]] };
}

/** @param {unknown} value */
function colourOf(value) {
  if (typeof value === "string") return "s";
  return typeof value === "number" ? "m" : "k";
}
