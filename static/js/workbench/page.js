// @ts-check
// The workbench of a guide. Its parts share one element, #workbench, and talk by the events that types.js lists.
import { bindFolds, bindForm } from "./form.js";
import { bindJson } from "./json.js";
import { bindLink } from "./link.js";
import { narrowTabs } from "./panels.js";
import { bindPresets, offeredMistakes } from "./presets.js";
import { bindRun } from "./run.js";
import { Setup } from "./setup.js";
import { bindSingleRun } from "./single-run.js";
import { bindVariants } from "./variants.js";

/** @param {HTMLElement} workbench */
export default function page(workbench) {
  narrowTabs(workbench);
  bindFolds(workbench);
  const groups = /** @type {NodeListOf<HTMLElement>} */ (workbench.querySelectorAll(".fields [data-facts]"));
  const fields = [...groups].map((group) => JSON.parse(group.dataset.facts ?? "{}"));
  const setup = new Setup(fields, offeredMistakes(workbench));
  // Where test payments are off, the page has no editor: the setup stays the guide's.
  const isEditor = workbench.querySelector("#run-bar") !== null;
  const parts = isEditor ? [bindRun, bindForm, bindJson, bindPresets, bindVariants, bindLink].map((bind) => bind(workbench, setup)) : [];
  setup.onChange = () => {
    for (const draw of parts) draw();
    announce(workbench, setup);
  };
  setup.onChange();
  if (!workbench.querySelector("#devices")) bindSingleRun(workbench);
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
