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
}
