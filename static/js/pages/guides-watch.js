// @ts-check
// While the result of a run is open, brings it up to date without leaving the guide, or the phone beside it.
import { enhance } from "../main.js";
import { refresh } from "../refresh.js";
import watchOrder from "./orders-show.js";

/** @param {HTMLElement} element as for orders-show.js */
export default function watchRun(element) {
  watchOrder(element, async () => enhance(await refresh("run-result")));
}
