// @ts-check
// The menus in the header close on Escape and on a click elsewhere. A long journey continues automatically.

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

/** @type {HTMLFormElement | null} */ (document.querySelector("#continue-journey"))?.submit();
