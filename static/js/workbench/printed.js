// @ts-check
// Reads a request back from the code that a pane prints: a call of the SDK, or a body in a shell script.
import { flat } from "./leaves.js";

const CALL = /\brequest_pay\((\{\n[\s\S]*?\n\})/;
const BODY = /<<'JSON'\n([\s\S]*?)\nJSON\n/;

/**
 * Return the fields of the request by dotted name, or null if the code prints none that can be read.
 *
 * @param {string} code
 * @returns {Map<string, unknown> | null}
 */
export function printedIn(code) {
  const found = CALL.exec(code) ?? BODY.exec(code);
  if (!found) return null;
  const quoted = found[1].replace(/^( *)([\w$]+): /gm, '$1"$2": ').replace(/,(\s*\n *\})/g, "$1");
  try {
    return flat(JSON.parse(quoted), new Set());
  } catch {
    return null;
  }
}
