// @ts-check
/**
 * The edges of one direction: the best proven limits on a clock offset, kept sparsely for an hour.
 *
 * Each exchange of timestamps gives one edge per direction: an instant and a limit on the offset at that
 * instant. The best of every few seconds tells all there is to know. A direction is stored so that
 * *lower is better*: upper limits as they are, lower limits with their sign changed.
 *
 * The server has the same estimator in Python. Shared vectors hold the two together to a microsecond, so
 * the order of the arithmetic must stay the same in both.
 */

/** @typedef {{times: number[], values: number[]}} Edges */

/** Cells of 2 s are kept for 8 minutes, cells of 30 s for an hour (ms of the member's clock). */
export const FINE_CELL_MS = 2_000;
export const FINE_SPAN_MS = 480_000;
export const COARSE_CELL_MS = 30_000;
export const COARSE_SPAN_MS = 3_600_000;

/**
 * The first index whose time is not before `time`.
 * @param {number[]} times ascending
 * @param {number} time
 * @returns {number}
 */
export function lowerBound(times, time) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The best edge of each cell of time, oldest first; at most `spanMs / cellMs + 1` of them. */
class Cells {
  /** @param {number} cellMs @param {number} spanMs */
  constructor(cellMs, spanMs) {
    this.cellMs = cellMs;
    this.spanMs = spanMs;
    /** @type {number[]} */
    this.times = [];
    /** @type {number[]} */
    this.values = [];
  }

  /**
   * Keep the edge if it opens a cell, or beats the one in it once that has drifted to `time`.
   * @param {number} time @param {number} value @param {number} slope
   */
  add(time, value, slope) {
    const { times, values } = this;
    const last = times.length - 1;
    if (last >= 0 && Math.floor(time / this.cellMs) === Math.floor(times[last] / this.cellMs)) {
      if (value <= values[last] + slope * (time - times[last])) {
        times[last] = time;
        values[last] = value;
      }
      return;
    }
    times.push(time);
    values.push(value);
    this.forgetBefore(time - this.spanMs);
  }

  /** @param {number} time drop what is older, but never the newest */
  forgetBefore(time) {
    const stale = Math.min(lowerBound(this.times, time), this.times.length - 1);
    if (stale <= 0) return;
    this.times.splice(0, stale);
    this.values.splice(0, stale);
  }
}

/**
 * One direction's memory: fine cells for the recent past, coarse ones for the rest of the hour.
 *
 * Times are in ms of the member's clock, values in ms of offset; both relative to an origin that the
 * owner chose, so that products of them keep their precision. Times must not go backwards.
 */
export class EdgeMemory {
  #fine = new Cells(FINE_CELL_MS, FINE_SPAN_MS);
  #coarse = new Cells(COARSE_CELL_MS, COARSE_SPAN_MS);

  /** @returns {number} how many edges are kept */
  get size() {
    return this.#fine.times.length + this.#coarse.times.length;
  }

  /**
   * Offer an edge.
   * @param {number} time
   * @param {number} value
   * @param {number} slope the drift of `value` as far as it is known (ms per ms)
   */
  add(time, value, slope) {
    this.#fine.add(time, value, slope);
    this.#coarse.add(time, value, slope);
  }

  /** @param {number} time drop what is older, but never the newest */
  forgetBefore(time) {
    this.#fine.forgetBefore(time);
    this.#coarse.forgetBefore(time);
  }

  /** @returns {Edges} all edges in order of time; coarse ones only where no fine ones are left */
  allEdges() {
    const fine = this.#fine;
    const coarse = this.#coarse;
    const older = fine.times.length ? lowerBound(coarse.times, fine.times[0]) : 0;
    return {
      times: coarse.times.slice(0, older).concat(fine.times),
      values: coarse.values.slice(0, older).concat(fine.values),
    };
  }

  /** @param {number} since @returns {Edges} the fine edges at or after `since` */
  recentEdges(since) {
    const first = lowerBound(this.#fine.times, since);
    return { times: this.#fine.times.slice(first), values: this.#fine.values.slice(first) };
  }

  /** @param {number} count at least 1 @returns {Edges} the last `count` fine edges */
  newestEdges(count) {
    return { times: this.#fine.times.slice(-count), values: this.#fine.values.slice(-count) };
  }
}
