// @ts-check
// The menus in the header close on Escape and on a click elsewhere. The one of the payment service asks for its state
// when it opens, so that no page waits for the sandbox. A long journey continues automatically.

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

document.querySelector(".demo-bar__service")?.addEventListener("toggle", async (event) => {
  const menu = /** @type {HTMLDetailsElement} */ (event.target);
  const form = /** @type {HTMLFormElement} */ (menu.querySelector("form"));
  if (!menu.open) return;
  const answer = await fetch(form.action).catch(() => null);
  if (!answer?.ok) return;
  const { state, line } = await answer.json();
  /** @type {HTMLElement} */ (form.querySelector("[data-state]")).textContent = line;
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === state));
});

/** @type {HTMLFormElement | null} */ (document.querySelector("#continue-journey"))?.submit();
