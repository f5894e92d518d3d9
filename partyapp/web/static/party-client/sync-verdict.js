// @ts-check
/**
 * Is this member in sync, and is that proven? The error of its player and the bound of its clock against
 * the room's limit.
 */

/** @typedef {import('./types.js').Verdict} Verdict */

/** With a clock bound above this the verdict is unknown. */
const BOUND_LIMIT_MS = 500;
/** Silent for this long: nothing is known any more. */
const SILENCE_MS = 3000;
/** Out of sync only after being provably off for this long, */
const RAISE_AFTER_MS = 2000;
/** and cleared after this long below half of the limit. */
const CLEAR_AFTER_MS = 1000;

export class SyncVerdict {
  /** @type {Verdict} */
  #verdict = 'unknown';
  /** @type {number|null} */
  #lastMs = null;
  /** @type {number|null} Since when the error is provably above the limit. */
  #offSinceMs = null;
  /** @type {number|null} Since when it is below half of the limit. */
  #calmSinceMs = null;

  /** @param {number} [limitMs] 20 in the same room, 80 with voice (the default), 500 with text */
  constructor(limitMs = 80) {
    this.limitMs = limitMs;
  }

  /**
   * @param {{errorMs: number, boundMs: number, nowMs: number}} sample error of the player (target minus
   *   position) and bound of the clock, in ms; `nowMs` from a monotonic clock
   * @returns {Verdict}
   */
  update({ errorMs, boundMs, nowMs }) {
    const offMs = Math.abs(errorMs);
    if (this.#isSilent(nowMs)) this.#forget();
    this.#lastMs = nowMs;
    this.#offSinceMs = offMs - boundMs > this.limitMs ? (this.#offSinceMs ?? nowMs) : null;
    this.#calmSinceMs = offMs < this.limitMs / 2 ? (this.#calmSinceMs ?? nowMs) : null;
    this.#verdict = this.#judge(offMs, boundMs, nowMs);
    return this.#verdict;
  }

  /**
   * @param {number} nowMs
   * @returns {Verdict} the verdict as it stands at that instant, silence counted
   */
  at(nowMs) {
    return this.#isSilent(nowMs) ? 'unknown' : this.#verdict;
  }

  /** @param {number} nowMs */
  #isSilent(nowMs) {
    return this.#lastMs === null || nowMs - this.#lastMs >= SILENCE_MS;
  }

  /** @param {number} offMs @param {number} boundMs @param {number} nowMs @returns {Verdict} */
  #judge(offMs, boundMs, nowMs) {
    if (!(boundMs <= BOUND_LIMIT_MS)) return 'unknown';
    if (this.#offSinceMs !== null && nowMs - this.#offSinceMs >= RAISE_AFTER_MS) return 'out_of_sync';
    if (this.#verdict === 'out_of_sync') {
      // Once raised it stays until the error has been small for a while, so that it does not flicker.
      const cleared = this.#calmSinceMs !== null && nowMs - this.#calmSinceMs >= CLEAR_AFTER_MS;
      if (!cleared) return 'out_of_sync';
    }
    if (offMs + boundMs <= this.limitMs) return 'in_sync';
    if (offMs <= this.limitMs) return 'likely';
    // Above the limit, but neither proven nor for long: it was likely at best.
    return this.#verdict === 'unknown' ? 'unknown' : 'likely';
  }

  #forget() {
    this.#verdict = 'unknown';
    this.#offSinceMs = null;
    this.#calmSinceMs = null;
  }
}
