// @ts-check
// Run on this device: the shop's own purchase, with its result on the guide instead of on the order's page.
import buyForm from "../components/buy-form.js";
import { guideWithRun } from "./guides-result.js";

/** @param {HTMLFormElement} form with `data-result-url` and `data-orders` */
export default function run(form) {
  buyForm(form, (location) => window.location.assign(guideWithRun(form.dataset, location) ?? location));
}
