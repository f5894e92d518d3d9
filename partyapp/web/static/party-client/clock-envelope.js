// @ts-check
/**
 * The straight line under a cloud of edges: a clock's rate as one direction of a path shows it.
 *
 * Delays only ever add to an edge, so the line to look for supports the cloud from below: of all lines
 * under every point, the one with the least total distance to them (Moon, Skelly and Towsley, INFOCOM
 * 1999). It is the edge of the lower convex hull above the mean abscissa (Zhang, Liu and Xia, INFOCOM
 * 2002); we take the one above the middle of the span, since our points are dense only in the recent past.
 * The hull comes from Andrew's monotone chain (1979).
 */

/** @typedef {import('./clock-edges.js').Edges} Edges */
/** @typedef {{times: number[], values: number[], slopes: number[]}} Hull vertices, and each edge's slope */
/** @typedef {{slope: number, sigma: number}} SupportingLine ms per ms, and its standard uncertainty */

/** Residuals below this (ms) are noise of the timer and the scheduler. */
const RESIDUAL_FLOOR_MS = 0.05;

/** A line in a window needs at least this many points over at least this time (ms), */
const MIN_POINTS = 8;
const MIN_SPAN_MS = 20_000;
/** and one through all points less, for it is weighed against what is known of clocks in general. */
export const FIRST_POINTS = 5;
export const FIRST_SPAN_MS = 8000;

/** The slope may err by the worst third's distance over half the span. */
const SIGMA_FACTOR = 2;

/**
 * @param {Edges} edges whose times strictly increase
 * @returns {Hull} their lower convex hull
 */
export function lowerHull({ times, values }) {
  /** @type {Hull} */
  const hull = { times: [], values: [], slopes: [] };
  for (let index = 0; index < times.length; index += 1) {
    const time = times[index];
    const value = values[index];
    let last = hull.times.length - 1;
    if (last >= 0) {
      let slope = (value - hull.values[last]) / (time - hull.times[last]);
      while (last > 0 && slope <= hull.slopes[last - 1]) {
        hull.slopes.pop();
        hull.times.pop();
        hull.values.pop();
        last -= 1;
        slope = (value - hull.values[last]) / (time - hull.times[last]);
      }
      hull.slopes.push(slope);
    }
    hull.times.push(time);
    hull.values.push(value);
  }
  return hull;
}

/**
 * The line that supports the points at the middle of their span. Its uncertainty follows from how close it comes to a
 * point in *each third* of the span. A queue that swells and drains lifts most points, yet leaves some in each
 * third; one that only swells leaves a third bare.
 * @param {Edges} edges
 * @param {Hull} hull theirs
 * @param {number} [minPoints]
 * @param {number} [minSpan]
 * @returns {SupportingLine|null} null while they are too few
 */
export function supportingLine({ times, values }, hull, minPoints = MIN_POINTS, minSpan = MIN_SPAN_MS) {
  const count = times.length;
  if (count < minPoints || times[count - 1] - times[0] < minSpan) return null;
  const first = times[0];
  const span = times[count - 1] - first;
  const edge = edgeAt(hull.times, first + span / 2);
  const slope = hull.slopes[edge];
  const foot = hull.values[edge] - slope * hull.times[edge];
  const ends = [upperBound(times, first + span / 3), upperBound(times, first + (span * 2) / 3), count];
  if (ends[0] === ends[1]) return null;
  let worst = -Infinity;
  let index = 0;
  for (const end of ends) {
    let lowest = Infinity;
    for (; index < end; index += 1) lowest = Math.min(lowest, values[index] - slope * times[index]);
    worst = Math.max(worst, lowest - foot);
  }
  // Rounding may leave the distance a hair below the line.
  return { slope, sigma: (SIGMA_FACTOR * (Math.max(worst, 0) + RESIDUAL_FLOOR_MS)) / span };
}

/**
 * @param {number[]} vertices ascending, two at least
 * @param {number} time
 * @returns {number} the index of the edge above `time`
 */
function edgeAt(vertices, time) {
  return Math.min(upperBound(vertices, time), vertices.length - 1) - 1;
}

/**
 * @param {number[]} times ascending
 * @param {number} time
 * @returns {number} the first index whose time is after `time`
 */
function upperBound(times, time) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (time < times[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}
