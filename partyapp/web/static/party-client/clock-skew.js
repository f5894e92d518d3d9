// @ts-check
/**
 * The rate of a member's clock against party time, from both directions of its path.
 *
 * Each direction is fitted for itself: a standing queue, such as the video's own download, spoils one side
 * only, and then the other one outweighs it. When both turn the same way together, no queue can be the cause
 * (it moves the two apart): the clock has changed its rate. So it has when one direction turns and keeps to
 * its new line to a hair, while the other one is too noisy to decide.
 */

import { FIRST_POINTS, FIRST_SPAN_MS, lowerHull, supportingLine } from './clock-envelope.js';
import { findTurn } from './clock-turn.js';

/** @typedef {import('./clock-edges.js').EdgeMemory} EdgeMemory */
/** @typedef {import('./clock-edges.js').Edges} Edges */
/** @typedef {import('./clock-envelope.js').Hull} Hull */
/** @typedef {import('./clock-envelope.js').SupportingLine} SupportingLine */
/** @typedef {{slope: number, sigma: number}} Rate a slope of the offset, and its standard uncertainty */
/** @typedef {{memory: EdgeMemory, sign: number}} Direction `sign`: that of its slopes against the offset's */

const PPM = 1e-6;

/**
 * What a crystal is off by as a rule (standard deviation), what it is at most, and what a clock that is being
 * slewed is off by at most (slopes, ms per ms).
 */
const CRYSTAL_SIGMA = 60 * PPM;
const CRYSTAL_LIMIT = 120 * PPM;
const SLEW_LIMIT = 500 * PPM;

/** The range of the skew's uncertainty, and its value before the skew is known. */
const MIN_UNCERTAINTY = 1 * PPM;
const MAX_UNCERTAINTY = 50 * PPM;
const UNKNOWN_UNCERTAINTY = 100 * PPM;

/** The windows (ms) in which a change of rate is looked for, and the least change that counts. */
const RATE_WINDOWS_MS = [30_000, 60_000, 120_000];
const RATE_CHANGE_FLOOR = 5 * PPM;

/** One direction alone proves a change when it is at least this well known, and the change this large. */
const ALONE_SIGMA = 10 * PPM;
const ALONE_FLOOR = 20 * PPM;

/** The instant of a turn is known to about this, ms. */
const TURN_BLUR_MS = 5000;

/** The drift of the offset, `skew` (ms per ms), and how well it is known, `uncertainty` (the same). */
export class ClockSkew {
  skew = 0;
  uncertainty = UNKNOWN_UNCERTAINTY;
  known = false;
  /** @type {Hull} */
  upHull = { times: [], values: [], slopes: [] };
  /** @type {Hull} */
  downHull = { times: [], values: [], slopes: [] };
  /** @type {Rate} What is expected of the clock before it has been measured since its last turn. */
  #expected = { slope: 0, sigma: CRYSTAL_SIGMA };

  /**
   * Fit anew.
   * @param {EdgeMemory} up
   * @param {EdgeMemory} down
   * @param {number} now
   * @returns {boolean} whether the clock turned out to have changed its rate
   */
  refit(up, down, now) {
    const upEdges = up.allEdges();
    const downEdges = down.allEdges();
    this.upHull = lowerHull(upEdges);
    this.downHull = lowerHull(downEdges);
    const upLine = supportingLine(upEdges, this.upHull, FIRST_POINTS, FIRST_SPAN_MS);
    const downLine = supportingLine(downEdges, this.downHull, FIRST_POINTS, FIRST_SPAN_MS);
    const rate = this.#combined(upLine, downLine);
    if (rate !== null) this.#take(rate);
    if (upLine === null || downLine === null) return false;
    // The steadier direction decides, for without it nothing is decided; the other one may object.
    /** @type {[Direction, Direction]} */
    const directions = [{ memory: up, sign: 1 }, { memory: down, sign: -1 }];
    if (upLine.sigma > downLine.sigma) directions.reverse();
    return RATE_WINDOWS_MS.some((window) => this.#turned(...directions, now, window));
  }

  /**
   * The inverse-variance mean of what is expected and of both directions.
   * @param {SupportingLine|null} up
   * @param {SupportingLine|null} down
   * @returns {Rate|null} null if neither is credible
   */
  #combined(up, down) {
    if (up === null || down === null) return null;
    const agreed = Math.abs(up.slope + down.slope) <= 2 * (up.sigma + down.sigma);
    const expected = this.#expected;
    let total = 1 / (expected.sigma * expected.sigma);
    let weighted = total * expected.slope;
    let credible = false;
    for (const { slope, sigma } of [up, { slope: -down.slope, sigma: down.sigma }]) {
      // A queue swells faster than any clock may run.
      if (Math.abs(slope) > SLEW_LIMIT) continue;
      if (!agreed && Math.abs(slope - expected.slope) > CRYSTAL_LIMIT) continue;
      const weight = 1 / (sigma * sigma);
      total += weight;
      weighted += weight * slope;
      credible = true;
    }
    return credible ? { slope: weighted / total, sigma: 1 / Math.sqrt(total) } : null;
  }

  /** @param {Rate} rate */
  #take({ slope, sigma }) {
    this.skew = clamp(slope, -SLEW_LIMIT, SLEW_LIMIT);
    this.uncertainty = clamp(sigma, MIN_UNCERTAINTY, MAX_UNCERTAINTY);
    this.known = true;
  }

  /**
   * Look for a turn in the last `window` ms; if there was one, sum up what came before it.
   * @param {Direction} deciding @param {Direction} other @param {number} now @param {number} window
   * @returns {boolean}
   */
  #turned(deciding, other, now, window) {
    const { memory, sign } = deciding;
    const skew = sign * this.skew;
    const line = lineOf(memory.recentEdges(now - window));
    if (line === null || !departs(line, skew)) return false;
    if (!allows(lineOf(other.memory.recentEdges(now - window)), line, skew)) return false;
    // The turn itself may lie before the window in which it shows.
    const since = now - 2 * window;
    const [up, down] = sign > 0 ? [memory, other.memory] : [other.memory, memory];
    const before = this.#combined(lineOf(up.edgesBefore(since)), lineOf(down.edgesBefore(since)))
      ?? { slope: this.skew, sigma: this.uncertainty };
    const slope = sign * before.slope;
    const start = memory.bestOf([memory.edgesBefore(since)], since, slope, before.sigma);
    if (start === null) return false;
    const { times, values } = memory.recentEdges(since);
    const excess = values.map((value, index) => value - start - slope * (times[index] - since));
    const turn = findTurn(times, excess, line.slope > skew, SLEW_LIMIT + Math.abs(slope));
    if (turn === null || Math.abs(turn.change) < RATE_CHANGE_FLOOR) return false;
    this.#follow(up, down, turn.time, before, sign * turn.change);
    return true;
  }

  /**
   * Take the new rate, and sum up both directions at the turn by the old one.
   * @param {EdgeMemory} up @param {EdgeMemory} down @param {number} turn @param {Rate} before
   * @param {number} change
   */
  #follow(up, down, turn, before, change) {
    const after = clamp(before.slope + change, -SLEW_LIMIT, SLEW_LIMIT);
    const slack = Math.abs(change) * TURN_BLUR_MS;
    for (const { memory, sign } of [{ memory: up, sign: 1 }, { memory: down, sign: -1 }]) {
      const value = memory.bestOf([memory.edgesBefore(turn)], turn, sign * before.slope, before.sigma);
      if (value !== null) memory.sumUp(turn, value, slack, sign * after);
    }
    this.skew = after;
    this.uncertainty = clamp(Math.abs(change) * 0.1, RATE_CHANGE_FLOOR, MAX_UNCERTAINTY);
    this.#expected = { slope: after, sigma: Math.abs(change) * 0.5 + 20 * PPM };
    this.upHull = lowerHull(up.allEdges());
    this.downHull = lowerHull(down.allEdges());
  }
}

/** @param {Edges} edges @returns {SupportingLine|null} */
function lineOf(edges) {
  return supportingLine(edges, lowerHull(edges));
}

/** @param {SupportingLine} line @param {number} skew @returns {boolean} whether it has clearly left `skew` */
function departs(line, skew) {
  // For a rate that a clock may have.
  return Math.abs(line.slope) <= SLEW_LIMIT && Math.abs(line.slope - skew) > 3 * line.sigma + RATE_CHANGE_FLOOR;
}

/**
 * Whether the other direction has turned the same way, or is too noisy to decide while `line` is certain.
 * @param {SupportingLine|null} other with its own sign
 * @param {SupportingLine} line with the sign of the deciding direction, as `skew`
 * @param {number} skew
 * @returns {boolean}
 */
function allows(other, line, skew) {
  const departure = line.slope - skew;
  if (other !== null && departs(other, -skew)) {
    const agree = Math.abs(line.slope + other.slope) <= 2 * (line.sigma + other.sigma);
    return agree && -other.slope > skew === departure > 0;
  }
  if (line.sigma > ALONE_SIGMA || Math.abs(departure) <= 3 * line.sigma + ALONE_FLOOR) return false;
  return other === null || Math.abs(other.slope) > SLEW_LIMIT || other.sigma > Math.abs(departure);
}

/** @param {number} value @param {number} low @param {number} high @returns {number} */
function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
