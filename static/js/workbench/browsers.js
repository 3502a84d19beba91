// @ts-check
// Presets of browsers that are neither a plain PC nor a plain phone: each is a device of the run with another width.

/** @param {HTMLSelectElement} select whose options have `data-device`, `data-width` and `data-note` */
export default function browsers(select) {
  const workbench = /** @type {HTMLElement} */ (select.closest("#workbench"));
  const note = /** @type {HTMLElement} */ (workbench.querySelector("#browser-note"));

  select.addEventListener("change", () => {
    const { device = "", width = "", note: words = "" } = select.selectedOptions[0].dataset;
    for (const figure of /** @type {NodeListOf<HTMLElement>} */ (workbench.querySelectorAll("figure[data-device]"))) {
      figure.dataset.usual ??= figure.dataset.width;
      figure.dataset.width = figure.dataset.device === device ? width : figure.dataset.usual;
    }
    note.textContent = words;
    note.hidden = !words;
    /** @type {HTMLInputElement | null} */ (workbench.querySelector(`#run-bar [name=device][value="${device}"]`))?.click();
  });
}
