// @ts-check
// Reads again and again: quickly while something happens, more slowly while nothing does, and not on a hidden page.

// Milliseconds.
const QUICK = 500;
/** While something is open: a buyer may take a while, and return on another device. */
const SLOW = 2000;
const SLOWEST = 10_000;
const GROWTH = 1.5;
/** Unchanged answers in a row before the pause grows. */
const PATIENCE = 20;
/** Reads after everything is settled: a webhook may still arrive. */
const LAST_READS = 6;

export class Poll {
  pause = QUICK;
  unchanged = 0;
  left = LAST_READS;

  /** @param {() => Promise<{settled: boolean, changed: boolean}>} read may reject: then it reads again later */
  constructor(read) {
    this.read = read;
    this.timer = 0;
    this.isReading = false;
    document.addEventListener("visibilitychange", () => document.hidden || this.start());
  }

  /** Read now, and quickly from now on. */
  start() {
    this.#reset();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.#turn(), 0);
  }

  #reset() {
    this.pause = QUICK;
    this.unchanged = 0;
    this.left = LAST_READS;
  }

  async #turn() {
    if (this.isReading || document.hidden) return;
    this.isReading = true;
    const answer = await this.read().catch(() => ({ settled: false, changed: false }));
    this.isReading = false;
    this.#adapt(answer);
    clearTimeout(this.timer);
    if (this.left > 0) this.timer = window.setTimeout(() => this.#turn(), this.pause);
  }

  /** @param {{settled: boolean, changed: boolean}} answer */
  #adapt({ settled, changed }) {
    if (changed) this.#reset();
    else this.unchanged += 1;
    if (settled) this.left -= 1;
    if (settled || this.unchanged > PATIENCE) this.pause = Math.min(this.pause * GROWTH, settled ? SLOWEST : SLOW);
  }
}
