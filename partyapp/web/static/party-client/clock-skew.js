// @ts-check
/**
 * The rate of a member's clock against party time, from both directions of its path.
 *
 * Each direction is fitted for itself: a standing queue, such as the video's own download, spoils one side
 * only, and then the other one outweighs it. When both turn the same way together, no queue can be the
 * cause (it moves the two apart): the clock has changed its rate.
 */

import { lowerHull, supportingLine } from './clock-envelope.js';

/** @typedef {import('./clock-edges.js').EdgeMemory} EdgeMemory */
/** @typedef {import('./clock-edges.js').Edges} Edges */
/** @typedef {import('./clock-envelope.js').Hull} Hull */
/** @typedef {import('./clock-envelope.js').SupportingLine} SupportingLine */
/** @typedef {{up: SupportingLine, down: SupportingLine}} Pair the slope of the offset, by direction */

const PPM = 1e-6;

/** What a crystal does at most, and what a clock being slewed does at most (slopes, ms per ms). */
const CRYSTAL_LIMIT = 120 * PPM;
const SLEW_LIMIT = 500 * PPM;

/** How much the skew is trusted: the range of its uncertainty, and what stands in before it is known. */
const MIN_UNCERTAINTY = 1 * PPM;
const MAX_UNCERTAINTY = 50 * PPM;
const UNKNOWN_UNCERTAINTY = 100 * PPM;

/** The windows (ms) in which a change of rate is looked for, and the least change that counts. */
const RATE_WINDOWS_MS = [30_000, 60_000, 180_000];
const RATE_CHANGE_FLOOR = 5 * PPM;

/** So long (ms) after a change was noticed the edges from before that go too: new ones can stand alone. */
const SETTLED_AFTER_MS = 24_000;

/** The drift of the offset, `skew` (ms per ms), and how well it is known, `uncertainty` (the same). */
export class ClockSkew {
  skew = 0;
  uncertainty = UNKNOWN_UNCERTAINTY;
  known = false;
  /** @type {number|null} */
  #changedAt = null;
  /** @type {Hull} */
  upHull = { times: [], values: [], slopes: [] };
  /** @type {Hull} */
  downHull = { times: [], values: [], slopes: [] };

  /**
   * Fit anew.
   * @param {EdgeMemory} up
   * @param {EdgeMemory} down
   * @param {number} now
   * @returns {boolean} whether the clock turned out to have changed its rate, so that memory was dropped
   */
  refit(up, down, now) {
    if (this.#changedAt !== null && now - this.#changedAt >= SETTLED_AFTER_MS) {
      // Half a window may reach back beyond the change. An edge from there, carried at the new rate, is
      // wrong by some ms and yet looks like the luckiest of all; it would spoil the estimate for long.
      up.forgetBefore(this.#changedAt);
      down.forgetBefore(this.#changedAt);
      this.#changedAt = null;
    }
    this.#fitAll(up, down);
    if (!this.known) return false;
    for (const window of RATE_WINDOWS_MS) {
      const recent = fit(up.recentEdges(now - window), down.recentEdges(now - window));
      if (recent !== null && agree(recent) && departsFrom(recent, this.skew)) {
        up.forgetBefore(now - window / 2);
        down.forgetBefore(now - window / 2);
        this.#fitAll(up, down);
        this.#take(recent);
        this.#changedAt = now;
        return true;
      }
    }
    return false;
  }

  /** @param {EdgeMemory} up @param {EdgeMemory} down */
  #fitAll(up, down) {
    const upEdges = up.allEdges();
    const downEdges = down.allEdges();
    this.upHull = lowerHull(upEdges);
    this.downHull = lowerHull(downEdges);
    const pair = pairOf(supportingLine(upEdges, this.upHull), supportingLine(downEdges, this.downHull));
    if (pair !== null) this.#take(pair);
  }

  /** Set the inverse-variance mean of the two directions, within what a clock can do. @param {Pair} pair */
  #take(pair) {
    const upWeight = 1 / (pair.up.sigma * pair.up.sigma);
    const downWeight = 1 / (pair.down.sigma * pair.down.sigma);
    const mean = (upWeight * pair.up.slope + downWeight * pair.down.slope) / (upWeight + downWeight);
    const limit = agree(pair) ? SLEW_LIMIT : CRYSTAL_LIMIT;
    this.skew = Math.min(Math.max(mean, -limit), limit);
    const sigma = 1 / Math.sqrt(upWeight + downWeight);
    this.uncertainty = Math.min(Math.max(sigma, MIN_UNCERTAINTY), MAX_UNCERTAINTY);
    this.known = true;
  }
}

/** @param {Edges} up @param {Edges} down @returns {Pair|null} */
function fit(up, down) {
  return pairOf(supportingLine(up, lowerHull(up)), supportingLine(down, lowerHull(down)));
}

/**
 * Both directions as slopes of the offset; the down direction is stored with its sign changed.
 * @param {SupportingLine|null} up
 * @param {SupportingLine|null} down
 * @returns {Pair|null}
 */
function pairOf(up, down) {
  if (up === null || down === null) return null;
  return { up, down: { slope: -down.slope, sigma: down.sigma } };
}

/** @param {Pair} pair @returns {boolean} whether the two are within two sigma of each other */
function agree({ up, down }) {
  return Math.abs(up.slope - down.slope) <= 2 * (up.sigma + down.sigma);
}

/** @param {Pair} pair @param {number} skew @returns {boolean} whether both have left it, to the same side */
function departsFrom(pair, skew) {
  const up = pair.up.slope - skew;
  const down = pair.down.slope - skew;
  return (
    Math.abs(up) > 3 * pair.up.sigma + RATE_CHANGE_FLOOR &&
    Math.abs(down) > 3 * pair.down.sigma + RATE_CHANGE_FLOOR &&
    up > 0 === down > 0
  );
}
