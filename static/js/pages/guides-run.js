// @ts-check
// A run of a guide on this device: the shop's own purchase, with what the reader has changed in the request.
import buyForm from "../components/buy-form.js";
import { edited } from "../workbench/leaves.js";
import { guideWithRun } from "./guides-result.js";

/** @param {HTMLFormElement} form with `data-run`, the changes of a run as JSON; in the guide also as guides-result.js needs it */
export default function run(form) {
  /** @param {string} location */
  const onDone = (location) => {
    const guide = form.dataset.resultUrl ? guideWithRun(form.dataset, location) : null;
    window.location.assign(guide ?? location);
  };
  buyForm(form, onDone, () => {
    const { edits = {}, mistakes = [] } = JSON.parse(form.dataset.run ?? "{}");
    return { change: (request) => edited(request, edits), init: !mistakes.includes("init-forgotten") };
  });
}
