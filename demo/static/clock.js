// @ts-check
// The clock in the header: its menu closes on Escape and on a click elsewhere. A long journey continues automatically.

const menu = /** @type {HTMLDetailsElement | null} */ (document.querySelector("#clock-chip"));

if (menu) {
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
