// @ts-check
// The rows of a timeline in the page: each is a fact in its lane, in the order in which it happened.
import { detailOf } from "./detail.js";
import { breakable, isBad, short, textOf, timeOf } from "./words.js";

export class Rows {
  /** @param {HTMLElement} element the timeline, with its templates and `data-lanes`, the names of the lanes */
  constructor(element) {
    this.element = element;
    this.list = /** @type {HTMLElement} */ (element.querySelector("[data-rows]"));
    this.lanes = JSON.parse(element.dataset.lanes ?? "{}");
    /** @type {Map<string, {row: import("./types.js").TimelineRow, item: HTMLElement}>} */
    this.shown = new Map();
    this.wanted = "";
  }

  clear() {
    this.shown.clear();
    this.#draw();
  }

  /** @param {import("./types.js").TimelineRow[]} rows new ones, and ones of which more is known now */
  take(rows) {
    for (const row of rows) {
      for (const id of row.replaces) this.shown.delete(id);
      const item = this.shown.get(row.id)?.item ?? this.#item();
      this.#fill(item, row);
      this.shown.set(row.id, { row, item });
    }
    if (rows.length) this.#draw();
  }

  /** @param {string} text shows only the rows that contain it */
  filter(text) {
    this.wanted = text.trim().toLowerCase();
    this.#draw();
  }

  #item() {
    const template = /** @type {HTMLTemplateElement} */ (this.element.querySelector("template[data-row]"));
    const item = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    part(item, ".trace__fact").addEventListener("click", () => this.#toggle(item));
    return item;
  }

  /**
   * @param {HTMLElement} item
   * @param {import("./types.js").TimelineRow} row
   */
  #fill(item, row) {
    item.dataset.row = row.id;
    item.dataset.lane = row.lane;
    item.dataset.to = row.direction ?? "";
    part(item, "[data-way]").textContent = [row.lane, row.direction].filter(Boolean).map((lane) => this.lanes[lane ?? ""]).join(" → ");
    part(item, "[data-name]").replaceChildren(...breakable(short(row.name)));
    part(item, "[data-result]").textContent = [row.status, row.ms === null ? "" : `${Math.round(row.ms)} ms`].filter(Boolean).join(" · ");
    part(item, "[data-title]").textContent = row.event === "service.called" ? "" : row.title;
    part(item, "[data-jump]").textContent = row.divider ?? "";
    part(item, "[data-jump]").hidden = !row.divider;
    item.classList.toggle("trace__row--bad", isBad(row));
    const detail = item.querySelector(".trace__detail");
    if (detail) detail.replaceWith(detailOf(this.element, row));
  }

  /** @param {HTMLElement} item */
  #toggle(item) {
    const button = part(item, ".trace__fact");
    const isOpen = button.ariaExpanded === "true";
    button.ariaExpanded = String(!isOpen);
    if (isOpen) item.querySelector(".trace__detail")?.remove();
    else item.append(detailOf(this.element, /** @type {any} */ (this.shown.get(item.dataset.row ?? "")).row));
  }

  #draw() {
    const sorted = [...this.shown.values()].sort((a, b) => a.row.at - b.row.at || (a.row.id < b.row.id ? -1 : 1));
    const found = sorted.filter(({ row }) => textOf(row).includes(this.wanted));
    for (const { row, item } of sorted) part(item, "[data-time]").textContent = timeOf(row, sorted[0].row);
    const items = found.map(({ item }) => item);
    if (items.length !== this.list.children.length || items.some((item, n) => this.list.children[n] !== item)) {
      const focused = document.activeElement;
      this.list.replaceChildren(...items);
      if (focused instanceof HTMLElement && this.list.contains(focused)) focused.focus({ preventScroll: true });
    }
    part(this.element, "[data-empty]").hidden = items.length > 0;
    const news = part(this.element, "[data-news]");
    news.textContent = (news.dataset.news ?? "").replace("#", String(items.length));
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} selector
 */
function part(element, selector) {
  return /** @type {HTMLElement} */ (element.querySelector(selector));
}
