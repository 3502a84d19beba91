// @ts-check
// Refreshes the result and the code of a run while its outcome is open. The guide and the phone beside it stay as they are.
import { refreshRun } from "../workbench/shown-run.js";
import watchOrder from "./orders-show.js";

/** @param {HTMLElement} element as for orders-show.js */
export default function watchRun(element) {
  watchOrder(element, refreshRun);
}
