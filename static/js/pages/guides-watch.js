// @ts-check
// While the outcome of a run is open, refreshes it without leaving the guide or the phone beside it.
import { enhance } from "../main.js";
import { refresh } from "../refresh.js";
import watchOrder from "./orders-show.js";

/** @param {HTMLElement} element as for orders-show.js */
export default function watchRun(element) {
  watchOrder(element, async () => enhance(await refresh("run-result")));
}
