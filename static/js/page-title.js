// @ts-check
// The title of the page. After an error it begins with a word that says so, as the server's titles do.

/** @param {boolean} isProblem whether the page shows an error now */
export function markTitle(isProblem) {
  const word = document.querySelector('meta[name="problem"]')?.getAttribute("content") ?? "";
  const title = document.title.startsWith(word) ? document.title.slice(word.length).trim() : document.title;
  document.title = isProblem ? `${word} ${title}` : title;
}
