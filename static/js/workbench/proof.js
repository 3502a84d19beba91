// @ts-check
// What a run sent beside the code of a pane. While the code follows the form, the fields are compared again.
import { same } from "./leaves.js";
import { cell } from "./lens.js";
import { printedIn } from "./printed.js";

/** The journal keeps this many characters of a text. */
const LONGEST = 500;

/**
 * @param {HTMLElement} proof with `data-pane`, the id of the code; `data-same`, `data-different` and `data-none`, the words
 *   of a field; `data-identical` and `data-differs`, the sentence about all of them. Each row has its field in
 *   `data-field` and what was sent as JSON in `data-sent`
 */
export default function compare(proof) {
  const code = /** @type {HTMLElement} */ (document.getElementById(proof.dataset.pane ?? ""));
  const sent = sentIn(proof);
  const draw = () => {
    const printed = printedIn(code.textContent ?? "");
    if (printed) show(proof, sent, printed);
  };
  new MutationObserver(draw).observe(code, { childList: true, characterData: true, subtree: true });
  draw();
}

/** @param {HTMLElement} proof @returns {Map<string, unknown>} */
function sentIn(proof) {
  const rows = /** @type {HTMLElement[]} */ ([...proof.querySelectorAll("tr[data-sent]")]);
  return new Map(rows.map(({ dataset }) => [dataset.field ?? "", JSON.parse(dataset.sent ?? "null")]));
}

/**
 * @param {HTMLElement} proof
 * @param {Map<string, unknown>} sent
 * @param {Map<string, unknown>} printed
 */
function show(proof, sent, printed) {
  const names = [...new Set([...printed.keys(), ...sent.keys()])];
  const different = names.filter((name) => !agree(sent, printed, name));
  proof.querySelector("tbody")?.replaceChildren(...names.map((name) => row(proof.dataset, name, sent, printed, different)));
  const verdict = /** @type {HTMLElement} */ (proof.querySelector("[data-verdict]"));
  const { identical = "", differs = "" } = proof.dataset;
  const sentence = different.length ? differs.replace("{names}", () => different.join(", ")) : identical;
  verdict.dataset.verdict = different.length ? "different" : "same";
  // The element is announced, so it changes only with its sentence.
  if (verdict.textContent !== sentence) verdict.textContent = sentence;
}

/**
 * Whether the code prints the field as it was sent. The journal masks some texts, which cannot be compared here.
 *
 * @param {Map<string, unknown>} sent
 * @param {Map<string, unknown>} printed
 * @param {string} name
 */
function agree(sent, printed, name) {
  const was = sent.get(name);
  const is = printed.get(name);
  if (typeof was === "string" && was.includes("***")) return printed.has(name);
  return same(was, typeof is === "string" ? is.slice(0, LONGEST) : is);
}

/**
 * @param {DOMStringMap} words
 * @param {string} name
 * @param {Map<string, unknown>} sent
 * @param {Map<string, unknown>} printed
 * @param {string[]} different
 */
function row({ same: equal = "", different: unequal = "", none = "" }, name, sent, printed, different) {
  const line = document.createElement("tr");
  const is = printed.has(name) ? JSON.stringify(printed.get(name)) : none;
  line.append(
    cell({ text: name, mark: "head" }),
    sent.has(name) ? cell({ text: JSON.stringify(sent.get(name)) }) : cell({ text: none, mark: "missing" }),
    different.includes(name) ? cell({ text: `${unequal}: ${is}`, mark: "bad" }) : cell({ text: equal, mark: "good" }),
  );
  line.dataset.field = name;
  return line;
}
