// @ts-check
// Refreshes the result of a run while its outcome is open. The guide and the phone beside it stay as they are.
import { enhance } from "../main.js";
import { refresh } from "../refresh.js";
import watchOrder from "./orders-show.js";

/** @param {HTMLElement} element as for orders-show.js */
export default function watchRun(element) {
  watchOrder(element, async () => enhance(await refresh("run-result")));
}
