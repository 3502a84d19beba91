// @ts-check
// What a deliberate mistake does to the values that the browser sends.

/**
 * @param {Map<string, unknown>} values by dotted name
 * @param {import("../types.js").MistakeFacts} [mistake]
 */
export function applyMistake(values, mistake) {
  if (!mistake?.field) return;
  if (mistake.effect === "unset") values.delete(mistake.field);
  else if (mistake.effect === "text") values.set(mistake.field, String(values.get(mistake.field)));
  else if (mistake.value != null && mistake.value !== "") values.set(mistake.field, mistake.value);
}
