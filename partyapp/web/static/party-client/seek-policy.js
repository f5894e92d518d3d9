// @ts-check
/** When an error is so large that a seek is the better remedy, and how soon after the last one. */

const SEEK_MS = 1000;
/** After a stall or a jump of the room the picture is broken already: seek sooner. */
const SEEK_AFTER_BREAK_MS = 400;
const BREAK_WINDOW_MS = 1000;
const COOL_DOWN_MS = 3000;
const COOL_DOWN_CAP_MS = 60_000;
/** Where only seeks help: seek beyond the outer edge at once, beyond the inner one if it stays there. */
const BAND_OUTER_MS = 150;
const BAND_INNER_MS = 120;
const BAND_PATIENCE_MS = 5000;
const BAND_READINGS = 5;

/** @typedef {{offMs: number, nowMs: number, brokeAtMs: number, readings: number}} Situation */

export class SeekPolicy {
  #onlySeeks;
  #seekAtMs = -Infinity;
  #coolDownMs = COOL_DOWN_MS;
  /** @type {number|null} */
  #outsideSinceMs = null;

  /** @param {boolean} onlySeeks whether nothing but a seek mends this player */
  constructor(onlySeeks) {
    this.#onlySeeks = onlySeeks;
  }

  /** The readings so far are void. */
  reset() {
    this.#outsideSinceMs = null;
  }

  /** The room moved, not the player: this is no repeated failure, so it waits for no cool-down. */
  forgive() {
    this.#seekAtMs = -Infinity;
    this.#coolDownMs = COOL_DOWN_MS;
  }

  /**
   * Whether to seek now; the caller does.
   * @param {Situation} situation `offMs` the size of the error, `brokeAtMs` when the picture last stopped or jumped,
   *   `readings` that the error rests on
   * @returns {boolean}
   */
  wants(situation) {
    if (!(this.#onlySeeks ? this.#outsideBand(situation) : tooFarToNudge(situation))) return false;
    const { nowMs } = situation;
    const sinceMs = nowMs - this.#seekAtMs;
    if (sinceMs < this.#coolDownMs) return false;
    // A seek soon after the last one has not helped: each is dearer than the one before.
    const again = sinceMs < Math.max(COOL_DOWN_CAP_MS, 2 * this.#coolDownMs);
    this.#coolDownMs = again ? Math.min(COOL_DOWN_CAP_MS, 2 * this.#coolDownMs) : COOL_DOWN_MS;
    this.#seekAtMs = nowMs;
    return true;
  }

  /** @param {Situation} situation @returns {boolean} */
  #outsideBand(situation) {
    if (tooFarToNudge(situation)) return true;
    const { offMs, nowMs, readings } = situation;
    if (readings < BAND_READINGS) return false;
    this.#outsideSinceMs = offMs > BAND_INNER_MS ? (this.#outsideSinceMs ?? nowMs) : null;
    if (offMs > BAND_OUTER_MS) return true;
    return this.#outsideSinceMs !== null && nowMs - this.#outsideSinceMs >= BAND_PATIENCE_MS;
  }
}

/** @param {Situation} situation @returns {boolean} */
function tooFarToNudge({ offMs, nowMs, brokeAtMs }) {
  return offMs > SEEK_MS || (offMs > SEEK_AFTER_BREAK_MS && nowMs - brokeAtMs <= BREAK_WINDOW_MS);
}
