// @ts-check
/**
 * The edges of one direction: the best proven limits on a clock offset, kept sparsely for an hour.
 *
 * Each exchange of timestamps gives one edge per direction: an instant and a limit on the offset at that
 * instant. The best of every few seconds suffices. A direction is stored so that
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
 * A line is fitted to the fine cells of so long (ms), and to the coarse ones before: nearly as good as all the
 * fine ones, and three times as quick.
 */
const DENSE_SPAN_MS = 90_000;

/** Extra uncertainty of the anchor (ms per ms of its age), compared with an edge. */
const ANCHOR_WEAR = 10e-6;

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
 *
 * When the clock has turned to another rate, all that came before is summed up in one edge at that instant,
 * the *anchor*: what was learned while the path was empty is kept, and no line is fitted across the turn.
 */
export class EdgeMemory {
  #fine = new Cells(FINE_CELL_MS, FINE_SPAN_MS);
  #coarse = new Cells(COARSE_CELL_MS, COARSE_SPAN_MS);
  /** @type {{time: number, value: number, slack: number}|null} What was known at a turn of the clock's rate. */
  #anchor = null;

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

  /** @returns {Edges} all edges since the last turn, in order of time */
  allEdges() {
    const fine = this.#fine;
    const coarse = this.#coarse;
    if (!fine.times.length) return { times: [], values: [] };
    const first = lowerBound(fine.times, fine.times[fine.times.length - 1] - DENSE_SPAN_MS);
    const older = lowerBound(coarse.times, fine.times[first]);
    return {
      times: coarse.times.slice(0, older).concat(fine.times.slice(first)),
      values: coarse.values.slice(0, older).concat(fine.values.slice(first)),
    };
  }

  /** @param {number} until @returns {Edges} those of `allEdges` that are older than `until` */
  edgesBefore(until) {
    const { times, values } = this.allEdges();
    const count = lowerBound(times, until);
    return { times: times.slice(0, count), values: values.slice(0, count) };
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

  /**
   * The least value among the edges and the anchor, carried to `now`: by `slope`, and discounted by its
   * age times `uncertainty`, for that is what the slope may err.
   * @param {Edges[]} parts @param {number} now @param {number} slope @param {number} uncertainty
   * @returns {number|null} null when there is none
   */
  bestOf(parts, now, slope, uncertainty) {
    let bestCost = Infinity;
    let best = null;
    if (this.#anchor !== null) {
      const age = now - this.#anchor.time;
      best = this.#anchor.value + slope * age;
      bestCost = best + (uncertainty + ANCHOR_WEAR) * age + this.#anchor.slack;
    }
    for (const { times, values } of parts) {
      for (let index = 0; index < times.length; index += 1) {
        const age = now - times[index];
        const carried = values[index] + slope * age;
        const cost = carried + uncertainty * age;
        if (cost < bestCost) {
          bestCost = cost;
          best = carried;
        }
      }
    }
    return best;
  }

  /**
   * Put the anchor in the place of everything before `turn`.
   * @param {number} turn
   * @param {number} value what was known then
   * @param {number} slack ms that it may be off by
   * @param {number} slope the new drift
   */
  sumUp(turn, value, slack, slope) {
    this.#anchor = { time: turn, value, slack };
    this.#fine.forgetBefore(turn);
    // The best edge of a coarse cell may come from before the turn, and hide one that came after.
    this.#coarse = new Cells(COARSE_CELL_MS, COARSE_SPAN_MS);
    this.#fine.times.forEach((time, index) => this.#coarse.add(time, this.#fine.values[index], slope));
  }
}
