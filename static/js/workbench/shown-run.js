// @ts-check
// The parts of a guide's page that belong to one run: what came back, and the code with its values.
import { enhance } from "../main.js";
import { refreshAll } from "../refresh.js";

/**
 * Show the run as it is now.
 *
 * @throws {Error} when the page cannot be loaded
 */
export async function refreshRun() {
  await Promise.all((await refreshAll(["run-result", "code-panes"])).map(enhance));
  announce();
}

/** Say how the run ended, and move the focus to its result if what had the focus is gone or disabled. */
function announce() {
  const heading = document.getElementById("run-result-heading");
  const news = document.getElementById("run-news");
  if (!heading || !news) return;
  if (news.textContent !== heading.textContent) news.textContent = heading.textContent;
  if (document.activeElement === document.body) heading.focus({ preventScroll: true });
}
