// @ts-check
// The workbench of a guide. Its parts share one element, #workbench, and talk by the events that types.js lists.
import { narrowTabs } from "./panels.js";
import { Setup } from "./setup.js";

/** @param {HTMLElement} workbench with `data-request`, the request of the guide's variant as JSON */
export default function page(workbench) {
  narrowTabs(workbench);
  const setup = new Setup(JSON.parse(workbench.dataset.request ?? "{}"));
  setup.onChange = () => announce(workbench, setup);
  announce(workbench, setup);
}

/**
 * Fire `setup-change`. The modules of the panels load on their own, so each that starts later reads the last one here.
 *
 * @param {HTMLElement} workbench
 * @param {Setup} setup
 */
function announce(workbench, setup) {
  const detail = { request: setup.request(), changed: setup.changed(), mistakes: [...setup.mistakes] };
  workbench.dataset.setup = JSON.stringify(detail);
  workbench.dispatchEvent(new CustomEvent("setup-change", { detail }));
}
