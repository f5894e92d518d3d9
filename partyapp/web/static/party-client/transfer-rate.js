// @ts-check
/** How fast something goes on, smoothed, and how long it will take still: bytes of an upload, shares of a film. */

/** What is this long ago counts for a third, ms. */
const MEMORY_MS = 10_000;
/** Nothing is said before this much was seen, ms. */
const LEAST_MS = 1500;

export class TransferRate {
  #memoryMs;
  #leastMs;
  /** @type {{done: number, atMs: number}|null} */
  #last = null;
  #done = 0;
  #ms = 0;

  /** @param {{memoryMs?: number, leastMs?: number}} [options] for what changes more slowly than an upload */
  constructor({ memoryMs = MEMORY_MS, leastMs = LEAST_MS } = {}) {
    this.#memoryMs = memoryMs;
    this.#leastMs = leastMs;
  }

  /**
   * Progress and time decay alike, so that samples may come at any pace.
   * @param {number} done so far
   * @param {number} nowMs monotonic
   */
  sample(done, nowMs) {
    if (this.#last && done >= this.#last.done && nowMs > this.#last.atMs) {
      const ms = nowMs - this.#last.atMs;
      const kept = Math.exp(-ms / this.#memoryMs);
      this.#done = this.#done * kept + (done - this.#last.done);
      this.#ms = this.#ms * kept + ms;
    }
    this.#last = { done, atMs: nowMs };
  }

  /** After a pause: what is measured next has nothing to do with the time before. */
  pause() {
    this.#last = null;
  }

  /** In a second; null while nobody knows. */
  get perSecond() {
    return this.#ms < this.#leastMs ? null : (this.#done / this.#ms) * 1000;
  }

  /**
   * @param {number} remaining
   * @returns {number|null} in s; null while nobody knows
   */
  leftS(remaining) {
    const { perSecond } = this;
    return perSecond === null || perSecond <= 0 ? null : remaining / perSecond;
  }
}
