// @ts-check
/**
 * When a member's clock turned to another rate: the kink in a line of edges.
 *
 * To keep what was learned before a turn one has to know when it was: an edge carried across it at the
 * wrong rate is off by the change times its age, and looks like the exchange with the least delay of all.
 */

/** @typedef {{time: number, change: number}} Turn when the slope changed (ms), and by how much (ms per ms) */

/** A turn needs so many edges after it. */
const EDGES_AFTER = 5;
/** The new slope is taken from edges at least so many cells after the turn; closer ones hardly determine a slope. */
const LEVER_CELLS = 3;

/**
 * The broken line closest to the points: level at zero, then from the turn on a line that supports them. Of
 * all turns whose change goes the way of `rises` and is at most `limit`, the one with the least sum of
 * absolute distances (two-phase regression: Hinkley, 1971, with the supporting line instead of a mean).
 * @param {number[]} times
 * @param {number[]} excess edges less the line that they followed before
 * @param {boolean} rises
 * @param {number} limit
 * @returns {Turn|null}
 */
export function findTurn(times, excess, rises, limit) {
  let bestCost = Infinity;
  /** @type {Turn|null} */
  let best = null;
  let before = 0;
  for (let index = 0; index < times.length - EDGES_AFTER; index += 1) {
    before += Math.abs(excess[index]);
    if (before >= bestCost) break;
    const turn = times[index];
    let change = Infinity;
    for (let later = index + LEVER_CELLS; later < times.length; later += 1) {
      change = Math.min(change, excess[later] / (times[later] - turn));
    }
    if (change > 0 !== rises || Math.abs(change) > limit) continue;
    let cost = before;
    for (let later = index + 1; later < times.length; later += 1) {
      cost += Math.abs(excess[later] - change * (times[later] - turn));
    }
    if (cost < bestCost) {
      bestCost = cost;
      best = { time: turn, change };
    }
  }
  return best;
}
