// @ts-check
// Between the text of an input and the value that the browser sends, and what the PG's rules say about the value.
import { isObject, same } from "./leaves.js";

const NUMBER = /^\s*-?\d+(?:\.\d+)?\s*$/;

/**
 * Return a value as its field shows it. A number field shows text in quotes, because the two differ for the service.
 *
 * @param {import("../types.js").FieldFacts} field
 * @param {unknown} value
 */
export function textOf(field, value) {
  return typeof value === "string" && field.kind === "string" ? value : JSON.stringify(value);
}

/**
 * Return the value that a text stands for. What is not of the field's kind stays text: the service refuses it.
 *
 * @param {import("../types.js").FieldFacts} field
 * @param {string} text
 * @returns {unknown}
 */
export function valueOf(field, text) {
  if (field.kind === "string") return text;
  if (field.kind === "number") return NUMBER.test(text) ? Number(text) : unquoted(text);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Return what the PG's rules say against a value: the name of a sentence and what it mentions, or null.
 *
 * @param {import("../types.js").FieldFacts} field
 * @param {unknown} value undefined: the field is not sent
 * @param {boolean} onPhone whether the run includes a phone
 * @returns {{rule: string, value?: string, limit?: string} | null}
 */
export function problemOf(field, value, onPhone) {
  if (value === undefined) {
    if (field.required === "always") return { rule: "required" };
    return field.required === "mobile" && onPhone ? { rule: "mobile" } : null;
  }
  if (field.kind === "number" && typeof value !== "number") return { rule: "number" };
  if (field.kind === "object" && !isObject(value)) return { rule: "object" };
  if (field.limit && [...String(value)].length > field.limit) return { rule: "long", limit: String(field.limit) };
  if (field.pattern && !new RegExp(`^(?:${field.pattern})$`, "u").test(String(value))) return { rule: "pattern" };
  if (field.fixed !== undefined && !same(field.fixed, value)) return { rule: "fixed", value: textOf(field, field.fixed) };
  return null;
}

/**
 * Return a sentence of the page with its places filled, such as `{limit}`.
 *
 * @param {string} sentence
 * @param {Record<string, string | undefined>} words
 */
export function filled(sentence, words) {
  return sentence.replace(/\{(\w+)\}/g, (place, name) => words[name] ?? place);
}

/** Return the text inside quotes, if it is in quotes. @param {string} text */
function unquoted(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "string" ? value : text;
  } catch {
    return text;
  }
}
