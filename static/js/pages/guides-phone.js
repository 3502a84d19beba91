// @ts-check
// Run on a phone: the frame goes to the PG and back on its own. When it shows an order, this page shows the same run.
import { enhance } from "../main.js";
import { refresh } from "../refresh.js";
import { guideWithRun } from "./guides-result.js";

/** @param {HTMLIFrameElement} frame with `data-result-url` and `data-orders` */
export default function phone(frame) {
  frame.addEventListener("load", async () => {
    const url = guideWithRun(frame.dataset, locationOf(frame));
    if (!url) return;
    url.hash = window.location.hash;
    history.replaceState(null, "", url);
    await Promise.all(["run-result", "code-panes"].map(async (id) => enhance(await refresh(id))));
  });
}

/** @param {HTMLIFrameElement} frame */
function locationOf(frame) {
  try {
    return frame.contentWindow?.location.href ?? "";
  } catch {
    return ""; // the frame is at the PG, and browsers hide the address of another site
  }
}
