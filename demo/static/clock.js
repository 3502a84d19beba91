// @ts-check
// The menus in the header close on Escape and on a click elsewhere. The one of the payment service asks for its state
// after the page has loaded, so that no page waits for the sandbox, and when it opens. A long journey continues
// automatically.

const menus = /** @type {HTMLDetailsElement[]} */ ([...document.querySelectorAll(".clock-chip, .demo-bar__service")]);

for (const menu of menus) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
  document.addEventListener("click", (event) => {
    if (menu.open && event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  });
}

const service = /** @type {HTMLDetailsElement | null} */ (document.querySelector(".demo-bar__service"));
if (service) {
  const summary = /** @type {HTMLElement} */ (service.querySelector("summary"));
  const form = /** @type {HTMLFormElement} */ (service.querySelector("form"));
  const name = summary.textContent;
  const ask = async () => {
    const answer = await fetch(form.action).catch(() => null);
    if (!answer?.ok) return;
    const { state, line } = await answer.json();
    summary.textContent = state === "up" ? name : line;
    summary.classList.toggle("demo-bar__lever--out", state !== "up");
    /** @type {HTMLElement} */ (form.querySelector("[data-state]")).textContent = line;
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === state));
  };
  service.addEventListener("toggle", () => service.open && ask());
  ask();
}

/** @type {HTMLFormElement | null} */ (document.querySelector("#continue-journey"))?.submit();
