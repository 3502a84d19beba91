// @ts-check
// The timeline as a sequence diagram, which the server draws. It is read again when the rows change while it is shown.

/** @param {HTMLElement} timeline with `data-diagram-url` */
export function diagram(timeline) {
  const button = /** @type {HTMLButtonElement} */ (timeline.querySelector("[data-diagram]"));
  const figure = /** @type {HTMLElement} */ (timeline.querySelector("[data-figure]"));
  const list = /** @type {HTMLElement} */ (timeline.querySelector("[data-list]"));
  const draw = async () => {
    const url = timeline.dataset.diagramUrl ?? "";
    if (figure.hidden || url.includes("/-/")) return;
    const answer = await fetch(url, { credentials: "same-origin" });
    if (answer.ok) figure.replaceChildren(parsed(await answer.text()));
  };
  button.addEventListener("click", () => {
    const isShown = figure.hidden;
    figure.hidden = !isShown;
    list.hidden = isShown;
    button.ariaPressed = String(isShown);
    draw();
  });
  timeline.addEventListener("trace-change", draw);
}

/** @param {string} text of an SVG file of this shop */
function parsed(text) {
  return document.adoptNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement);
}
