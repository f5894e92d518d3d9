// @ts-check
/**
 * A scalar Kalman filter for a quantity that wanders slowly and is moved by a known input
 * (R. E. Kalman, "A New Approach to Linear Filtering and Prediction Problems", 1960).
 *
 * Here the quantity is a player's error in ms: it drifts by some parts per million, and a nudged
 * playback rate moves it by a known amount.
 */

/** A reading further off than this many standard deviations is rejected. */
const OUTLIER_SIGMAS = 5;
/** After so many rejected readings in a row the player has jumped: start from the last one. */
const OUTLIERS_TO_RESET = 3;
/**
 * A small jump hides in the noise of one reading, but not in the mean of several: the sum of the latest n
 * innovations is taken for a jump from this many of its standard deviations on, for any n in this range (the
 * generalised likelihood ratio test for a change in the mean; Basseville and Nikiforov, 1993).
 */
const RUN_SIGMAS = 5;
const LEAST_RUN = 4;
const LONGEST_RUN = 16;

export class ScalarKalman {
  #variance = Infinity;
  #outliers = 0;
  /** @type {number[]} The latest innovations. */
  #innovations = [];

  /**
   * @param {object} [options]
   * @param {number} [options.readingNoiseMs] standard deviation of one reading
   * @param {number} [options.wanderMsPerRootS] standard deviation of the wander after one second
   */
  constructor({ readingNoiseMs = 8.5, wanderMsPerRootS = 1 } = {}) {
    this.readingVariance = readingNoiseMs ** 2;
    this.wanderVariancePerS = wanderMsPerRootS ** 2;
    /** The estimate, in the unit of the readings (ms). */
    this.value = 0;
    /** Readings taken since the last reset. */
    this.readings = 0;
  }

  /** Standard deviation of the estimate; Infinity before the first reading. */
  get sigma() {
    return Math.sqrt(this.#variance);
  }

  /** Forget everything. */
  reset() {
    this.value = 0;
    this.readings = 0;
    this.#variance = Infinity;
    this.#outliers = 0;
    this.#innovations = [];
  }

  /**
   * Move the estimate on in time.
   * @param {number} dtS seconds since the last call, at least 0
   * @param {number} inputMs the known change over that time
   * @param {number} [inputSigmaMs] what is not sure about it
   */
  predict(dtS, inputMs, inputSigmaMs = 0) {
    this.value += inputMs;
    this.#variance += this.wanderVariancePerS * dtS + inputSigmaMs ** 2;
  }

  /**
   * Take a reading.
   * @param {number} readingMs
   * @returns {'accepted'|'rejected'|'reset'} `reset`: it was the third rejected one, so all starts from it
   */
  update(readingMs) {
    if (this.readings === 0) {
      this.#startFrom(readingMs);
      return 'accepted';
    }
    const innovation = readingMs - this.value;
    const innovationVariance = this.#variance + this.readingVariance;
    if (innovation ** 2 > OUTLIER_SIGMAS ** 2 * innovationVariance) {
      this.#outliers += 1;
      if (this.#outliers < OUTLIERS_TO_RESET) return 'rejected';
      this.#startFrom(readingMs);
      return 'reset';
    }
    this.#outliers = 0;
    const gain = this.#variance / innovationVariance;
    this.value += gain * innovation;
    this.#variance *= 1 - gain;
    this.readings += 1;
    return this.#hasJumped(innovation) ? 'reset' : 'accepted';
  }

  /** @param {number} innovation @returns {boolean} whether the latest readings show a jump, which has been taken over */
  #hasJumped(innovation) {
    this.#innovations.push(innovation);
    if (this.#innovations.length > LONGEST_RUN) this.#innovations.shift();
    let sum = 0;
    for (let n = 1; n <= this.#innovations.length; n += 1) {
      sum += this.#innovations[this.#innovations.length - n];
      const sumVariance = n * this.readingVariance + n ** 2 * this.#variance;
      if (n < LEAST_RUN || sum ** 2 <= RUN_SIGMAS ** 2 * sumVariance) continue;
      this.value += sum / n;
      this.#variance = this.readingVariance / n;
      this.#innovations = [];
      return true;
    }
    return false;
  }

  /** @param {number} readingMs */
  #startFrom(readingMs) {
    this.value = readingMs;
    this.#variance = this.readingVariance;
    this.readings = 1;
    this.#outliers = 0;
    this.#innovations = [];
  }
}
