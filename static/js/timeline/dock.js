// @ts-check
// The dock at the foot of the window: the key t opens and closes it. The page scrolls above it, so it covers nothing.

const KEY = "dock";

/** @param {HTMLElement} dock with its toggle and its body */
export default function startDock(dock) {
  if (window.parent !== window) return dock.remove(); // a page in a frame belongs to the page around it, which has a dock
  const toggle = /** @type {HTMLButtonElement} */ (dock.querySelector("[data-toggle]"));
  const body = /** @type {HTMLElement} */ (dock.querySelector("[data-body]"));
  /** @param {boolean} isOpen */
  const show = (isOpen) => {
    body.hidden = !isOpen;
    toggle.ariaExpanded = String(isOpen);
    document.documentElement.classList.toggle("is-docked", isOpen);
    remember(isOpen);
  };
  toggle.disabled = false;
  // The newest row is the last one: follow it, unless the reader has scrolled away from it.
  let isAtEnd = true;
  body.addEventListener("scroll", () => (isAtEnd = body.scrollTop + body.clientHeight > body.scrollHeight - 80));
  body.querySelector(".trace")?.addEventListener("trace-change", () => isAtEnd && body.scrollTo(0, body.scrollHeight));
  toggle.addEventListener("click", () => show(body.hidden));
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLElement && event.target.closest("input, textarea, select, [contenteditable]");
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping) return;
    if (event.key === "t") {
      show(body.hidden);
      if (!body.hidden) toggle.focus();
    } else if (event.key === "Escape" && !event.defaultPrevented && dock.contains(document.activeElement)) {
      show(false);
      toggle.focus();
    }
  });
  show(wasOpen());
}

function wasOpen() {
  try {
    return localStorage.getItem(KEY) === "open";
  } catch {
    return false; // the browser stores nothing for this page
  }
}

/** @param {boolean} isOpen */
function remember(isOpen) {
  try {
    localStorage.setItem(KEY, isOpen ? "open" : "closed");
  } catch {
    // As above: then the dock is closed on the next page.
  }
}
