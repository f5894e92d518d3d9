// @ts-check
/**
 * The straight line under a cloud of edges: a clock's rate as one direction of a path shows it.
 *
 * Delays only ever add to an edge, so the line to look for supports the cloud from below: of all lines
 * under every point, the one with the least total distance to them (Moon, Skelly and Towsley, INFOCOM
 * 1999). It is the edge of the lower convex hull above the mean abscissa (Zhang, Liu and Xia, INFOCOM
 * 2002); the hull comes from Andrew's monotone chain (1979).
 */

/** @typedef {import('./clock-edges.js').Edges} Edges */
/** @typedef {{times: number[], values: number[], slopes: number[]}} Hull vertices, and each edge's slope */
/** @typedef {{slope: number, sigma: number}} SupportingLine ms per ms, and its standard uncertainty */

/** A residual below this (ms) says nothing: it is about what a timer and a scheduler add. */
const RESIDUAL_FLOOR_MS = 0.05;

/** A line needs at least this many points over at least this time (ms). */
const MIN_POINTS = 8;
const MIN_SPAN_MS = 20_000;

/**
 * Over more than this (ms) the lower quartile of the residuals tells how far the line may be trusted,
 * else the median: a queue that swells and drains spoils more than half of the edges of a long span, yet
 * the line rests on those it left alone. A short span may lie wholly within one swell.
 */
const LONG_SPAN_MS = 120_000;

/** Edges that may have come in since the last fit: those of so many cells. */
const UNFITTED_CELLS = 3;

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
 * @param {Edges} edges
 * @param {Hull} hull theirs
 * @returns {SupportingLine|null} the line under them that lies closest; null while they are too few
 */
export function supportingLine({ times, values }, hull) {
  const count = times.length;
  if (count < MIN_POINTS || times[count - 1] - times[0] < MIN_SPAN_MS) return null;
  let total = 0;
  for (const time of times) total += time;
  const edge = edgeAt(hull.times, total / count);
  const slope = hull.slopes[edge];
  const footTime = hull.times[edge];
  const footValue = hull.values[edge];
  const residuals = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    residuals[index] = values[index] - (footValue + slope * (times[index] - footTime));
  }
  residuals.sort();
  const span = times[count - 1] - times[0];
  const rank = Math.floor(span > LONG_SPAN_MS ? count / 4 : count / 2);
  // Rounding may leave the residual a hair below the line.
  return { slope, sigma: (Math.max(residuals[rank], 0) + RESIDUAL_FLOOR_MS) / span };
}

/**
 * The most telling edge's value, carried to `now`: old ones are discounted by what the skew may err. A
 * linear function has its minimum at a vertex of the hull, so only those and the newest are tried.
 * @param {import('./clock-edges.js').EdgeMemory} memory @param {Hull} hull @param {number} now
 * @param {number} skew @param {number} uncertainty
 * @returns {number}
 */
export function bestCarried(memory, hull, now, skew, uncertainty) {
  let bestCost = Infinity;
  let bestValue = 0;
  for (const { times, values } of [hull, memory.newestEdges(UNFITTED_CELLS)]) {
    for (let index = 0; index < times.length; index += 1) {
      const age = now - times[index];
      const carried = values[index] + skew * age;
      const cost = carried + uncertainty * age;
      if (cost < bestCost) {
        bestCost = cost;
        bestValue = carried;
      }
    }
  }
  return bestValue;
}

/**
 * @param {number[]} vertices ascending, two at least
 * @param {number} time
 * @returns {number} the index of the edge above `time`
 */
function edgeAt(vertices, time) {
  let low = 0;
  let high = vertices.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (time < vertices[middle]) high = middle;
    else low = middle + 1;
  }
  return Math.min(low, vertices.length - 1) - 1;
}
