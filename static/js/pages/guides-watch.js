// @ts-check
// Refreshes the result and the code of a run while its outcome is open. The guide and the phone beside it stay as they are.
import { enhance } from "../main.js";
import { refreshAll } from "../refresh.js";
import watchOrder from "./orders-show.js";

/** @param {HTMLElement} element as for orders-show.js */
export default function watchRun(element) {
  watchOrder(element, async () => Promise.all((await refreshAll(["run-result", "code-panes"])).map(enhance)));
}
