// @ts-check
// Ids of the form that the server uses.

/**
 * Return a random id, such as `run_6f1c0a9be2d47c583b10`.
 *
 * @param {string} prefix
 */
export function randomId(prefix) {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return `${prefix}_${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
