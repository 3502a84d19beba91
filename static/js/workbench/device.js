// @ts-check
// One device of the shop panel: its frame, and the address bar that says where its browser is.

export class Device {
  /**
   * @param {HTMLElement} figure with `data-device`; `data-width`, the pixels that the page sees; `data-url` of the shop's
   *   page, `data-orders`, the path of every order; and the words of the address bar, `data-away` and `data-stays`
   * @param {(url: URL) => void} onOrder called when the frame shows an order
   * @param {() => void} onReload called when the reader reloads the frame
   */
  constructor(figure, onOrder, onReload) {
    this.figure = figure;
    this.name = figure.dataset.device ?? "";
    this.frame = /** @type {HTMLIFrameElement} */ (figure.querySelector("iframe"));
    this.onOrder = onOrder;
    this.started = false;
    this.frame.addEventListener("load", () => this.arrive());
    figure.querySelector(".device__reload")?.addEventListener("click", () => {
      this.open();
      onReload();
    });
    new ResizeObserver(() => this.fit()).observe(figure);
  }

  /** Load the shop's page. */
  open() {
    this.started = false;
    this.frame.src = this.figure.dataset.url ?? "";
  }

  /**
   * Start the run in the frame. The page is loaded anew only if it has been used, or if the frame shows another: a page
   * that is still loading would lose the run when it is loaded a second time.
   *
   * @param {import("../types.js").RunDetail} run
   */
  async start(run) {
    const { place } = this;
    const isElsewhere = !place || (place.protocol !== "about:" && !place.pathname.endsWith("/frame"));
    if (this.started || isElsewhere || !this.frame.src) this.open();
    this.started = true;
    while (!this.form || this.form.dataset.run) await new Promise((resolve) => requestAnimationFrame(resolve));
    this.form.dataset.run = JSON.stringify(run);
    /** @type {HTMLInputElement} */ (this.form.elements.namedItem("run")).value = run.runId;
    this.form.requestSubmit();
  }

  /** The form of the shop's page, once its script has started; else null. */
  get form() {
    return this.place && /** @type {HTMLFormElement | null} */ (this.frame.contentDocument?.querySelector("form[data-ready]") ?? null);
  }

  /** Where the frame is. Null on another site, whose address browsers hide. */
  get place() {
    try {
      return new URL(this.frame.contentWindow?.location.href ?? "");
    } catch {
      return null;
    }
  }

  /** Show where the frame has arrived. */
  arrive() {
    const url = this.place;
    this.say(url ? url.host + url.pathname + url.search : (this.figure.dataset.away ?? ""));
    if (url?.pathname.startsWith(this.figure.dataset.orders ?? "/orders/")) this.onOrder(url);
  }

  /** @param {string} address */
  say(address) {
    const bar = /** @type {HTMLElement} */ (this.figure.querySelector(".device__address"));
    bar.textContent = address;
    bar.title = address;
  }

  /** Draw the page smaller where the figure is narrower than the page. */
  fit() {
    const width = Number(this.figure.dataset.width);
    const room = this.frame.parentElement?.clientWidth ?? width;
    this.figure.style.setProperty("--scale", String(Math.min(1, room / width)));
    this.figure.style.setProperty("--width", `${Math.max(width, room)}px`);
  }
}
