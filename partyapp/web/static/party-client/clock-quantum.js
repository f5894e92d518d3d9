// @ts-check
/**
 * How coarse the member's clock is. Browsers round `performance.now()` against fingerprinting, and the
 * estimator's proof needs to know by how much.
 */

/** The coarsest clock a browser is known to give (Firefox, resisting fingerprinting). */
const COARSEST_MS = 100;

/**
 * The smallest positive increment of a clock: 0.1 ms in Chrome, 1 ms in Firefox, up to 100 ms.
 *
 * A clock that doesn't move during the whole loop (some 10 ms) is taken for the coarsest known: too
 * large a quantum only widens the bound, too small a one would make it untrue.
 * @param {() => number} now the clock, ms
 * @param {{increments?: number, maxReads?: number}} [bounds] stop after so many increments, or reads
 * @returns {number} ms
 */
export function measureQuantumMs(now, { increments = 5, maxReads = 200_000 } = {}) {
  let least = COARSEST_MS;
  let last = now();
  for (let reads = 0, seen = 0; reads < maxReads && seen < increments; reads += 1) {
    const next = now();
    if (next > last) {
      least = Math.min(least, next - last);
      seen += 1;
    }
    last = next;
  }
  return least;
}
