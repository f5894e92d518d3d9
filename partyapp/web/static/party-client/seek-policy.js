// @ts-check
/** When an error is so large that a seek is better than a nudge, and how soon after the last one. */

const SEEK_MS = 1000;
/** After a stall or a jump of the room the picture is interrupted already: seek sooner. */
const SEEK_AFTER_INTERRUPTION_MS = 400;
const INTERRUPTION_WINDOW_MS = 1000;
const COOL_DOWN_MS = 3000;
const COOL_DOWN_CAP_MS = 60_000;
/** Where only seeks help: seek beyond the outer edge at once, beyond the inner one if it stays there. */
const BAND_OUTER_MS = 150;
const BAND_INNER_MS = 120;
const BAND_HOLD_MS = 5000;
const BAND_READINGS = 5;

/** @typedef {{offMs: number, nowMs: number, interruptedAtMs: number, readings: number}} Situation */

export class SeekPolicy {
  #onlySeeks;
  #seekAtMs = -Infinity;
  #coolDownMs = COOL_DOWN_MS;
  /** @type {number|null} */
  #outsideSinceMs = null;

  /** @param {boolean} onlySeeks whether this player can only be corrected by seeks */
  constructor(onlySeeks) {
    this.#onlySeeks = onlySeeks;
  }

  /** Discard the readings so far. */
  reset() {
    this.#outsideSinceMs = null;
  }

  /** The room jumped: the next seek is no repetition of a failed one, so it needs no cool-down. */
  resetCoolDown() {
    this.#seekAtMs = -Infinity;
    this.#coolDownMs = COOL_DOWN_MS;
  }

  /**
   * Whether to seek now; the caller does.
   * @param {Situation} situation `offMs` the size of the error, `interruptedAtMs` when the picture last stopped or
   *   jumped, `readings` on which the error rests
   * @returns {boolean}
   */
  shouldSeek(situation) {
    if (!(this.#onlySeeks ? this.#outsideBand(situation) : tooFarToNudge(situation))) return false;
    const { nowMs } = situation;
    const sinceMs = nowMs - this.#seekAtMs;
    if (sinceMs < this.#coolDownMs) return false;
    // A seek soon after the last one has not helped: so wait longer before each.
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
    return this.#outsideSinceMs !== null && nowMs - this.#outsideSinceMs >= BAND_HOLD_MS;
  }
}

/** @param {Situation} situation @returns {boolean} */
function tooFarToNudge({ offMs, nowMs, interruptedAtMs }) {
  return offMs > SEEK_MS || (offMs > SEEK_AFTER_INTERRUPTION_MS && nowMs - interruptedAtMs <= INTERRUPTION_WINDOW_MS);
}
