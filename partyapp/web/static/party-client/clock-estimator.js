// @ts-check
/**
 * A member's clock against party time: the best estimate of the offset, and a bound that is proven.
 *
 * The offset is party time minus the member's clock, in ms. One exchange of four timestamps proves two
 * things, because no packet arrives before it was sent: at t1 the offset was at most `t2 - t1`, at t4 at
 * least `t3 - t4`. The *bound* follows from these facts and from a limit on the clock's rate error alone,
 * and so holds whatever the network does (Marzullo, 1984). The *estimate* is a guess within the proven
 * interval that keeps the minimum-delay exchanges of the last hour and carries them forward by the clock's
 * fitted rate.
 *
 * The server has the same estimator in Python; see clock-edges.js on keeping them alike.
 */

import { EdgeMemory } from './clock-edges.js';
import { ClockSkew } from './clock-skew.js';
import { ProbeSchedule } from './probe-schedule.js';

/** @typedef {import('./types.js').ClockEstimate} ClockEstimate */

/** How fast, at most, a clock runs away from party time; and the same per ms of the member's clock. */
const RATE_BOUND = 500e-6;
const RHO = RATE_BOUND / (1 - RATE_BOUND);

/** Limits that cross by more than this (ms) prove a step; less can be the blur of a browser's timer. */
const STEP_TOLERANCE_MS = 0.3;

/** Added to every bound (ms), for what browsers do to their timers and for rounding. */
const BOUND_SLACK_MS = 0.1;

/** The skew is fitted anew this often (ms of the member's clock). */
const REFIT_EVERY_MS = 2_000;

/** Edges that may have come in since the last fit: those of so many cells. */
const UNFITTED_CELLS = 3;

/** A bound this much (ms) above half the shortest round trip leaves the member unsure. */
const UNSURE_EXCESS_MS = 2;

/** The shortest round trip is that of the last one to two spans of this length (ms). */
const RTT_SPAN_MS = 300_000;

/** Timestamps beyond this (ms, some 30,000 years) are no timestamps. */
const MAX_TIMESTAMP_MS = 1e15;

/** The coarsest timer a browser is known to have, in ms. */
const MAX_QUANTUM_MS = 1_000;

/** Estimates one clock from exchanges with it; bounded memory. */
export class ClockEstimator {
  #quantum;
  #steps = 0;
  #rateResets = 0;
  #schedule = new ProbeSchedule();
  #samples = 0;
  #up = new EdgeMemory();
  #down = new EdgeMemory();
  #skew = new ClockSkew();
  #timeOrigin = 0;
  #offsetOrigin = 0;
  #lastSent = 0;
  #lastReceived = 0;
  // Everything below is relative to the two origins, so that small differences keep their digits.
  #seen = 0;
  #doubtful = false;
  #lower = -Infinity;
  #upper = Infinity;
  #theta = 0;
  #fitted = 0;
  #rttSpan = 0;
  #rttNow = Infinity;
  #rttBefore = Infinity;

  /**
   * @param {number} [quantumMs] the smallest increment of the member's clock, 0 to 1000 ms
   * @throws {RangeError} for anything else
   */
  constructor(quantumMs = 0) {
    if (!(quantumMs >= 0 && quantumMs <= MAX_QUANTUM_MS)) {
      throw new RangeError(`quantumMs must be from 0 to ${MAX_QUANTUM_MS}`);
    }
    this.#quantum = quantumMs;
  }

  /** Start anew, with a burst: the time base (`clock_epoch`) is another one. The counters stay. */
  reset() {
    this.#forget();
    this.#schedule.beginBurst();
  }

  /**
   * Ask quickly for the next few exchanges: after a reconnect, a wake-up, or becoming visible.
   * @param {{doubtful?: boolean}} [options] `doubtful` is for a wake-up: the clock may have stood still, so
   *   the bound is infinite until the next exchange has confirmed or refuted what was known
   */
  beginBurst({ doubtful = false } = {}) {
    this.#doubtful = this.#doubtful || doubtful;
    this.#schedule.beginBurst();
  }

  /** @returns {number} how many edges are kept; at most about 730 whatever comes in */
  get storedEdges() {
    return this.#up.size + this.#down.size;
  }

  /**
   * Take one exchange. A clock that went backwards, or limits that contradict each other, count as a step.
   * @param {number} t1 sent, on the member's clock, ms
   * @param {number} t2 received, in party time, ms
   * @param {number} t3 answered, in party time, ms
   * @param {number} t4 received, on the member's clock, ms
   * @returns {boolean} false for what can't be an exchange, which changes nothing: not a finite number of
   *   sensible size, an end before its beginning, or a repetition of the last
   */
  observe(t1, t2, t3, t4) {
    if (![t1, t2, t3, t4].every(isTimestamp) || t4 < t1 || t3 < t2) return false;
    if (this.#samples > 0) {
      if (t1 === this.#lastSent && t4 === this.#lastReceived) return false;
      if (t1 < this.#lastSent || t4 < this.#lastReceived) this.#noteStep();
    }
    this.#doubtful = false;
    const roundTrip = t4 - t1 - (t3 - t2);
    if (roundTrip + this.#quantum < -STEP_TOLERANCE_MS) {
      // The clock stepped while the exchange was under way; neither limit can be carried forward.
      this.#noteStep();
      return true;
    }
    if (!this.#cutInterval(t1, t2, t3, t4)) {
      this.#noteStep();
      this.#cutInterval(t1, t2, t3, t4);
    }
    this.#noteRoundTrip(Math.max(roundTrip, 0));
    this.#remember(t1, t2, t3, t4);
    this.#schedule.note(this.#unsure());
    return true;
  }

  /**
   * The offset at an instant of the member's clock. Its bound is infinite before the first exchange, and
   * grows while none comes in.
   * @param {number} memberTimeMs
   * @param {number} [rootBoundMs] party time's own uncertainty, which is added to the bound
   * @returns {ClockEstimate}
   */
  estimate(memberTimeMs, rootBoundMs = 0) {
    const rttMinMs = Math.min(this.#rttNow, this.#rttBefore);
    const counts = { rttMinMs, steps: this.#steps, rateResets: this.#rateResets, samples: this.#samples };
    const ahead = memberTimeMs - this.#timeOrigin - this.#seen;
    if (this.#samples === 0 || this.#doubtful || !isTimestamp(memberTimeMs)) {
      return { offsetMs: 0, boundMs: Infinity, driftPpm: 0, lowerMs: -Infinity, upperMs: Infinity, ...counts };
    }
    const lower = this.#lower - RHO * Math.abs(ahead);
    const upper = this.#upper + RHO * Math.abs(ahead);
    const theta = clamp(this.#theta + this.#skew.skew * ahead, lower, upper);
    // The limits may have crossed by a hair (see STEP_TOLERANCE_MS); hence the absolute values.
    const bound = Math.max(Math.abs(theta - lower), Math.abs(upper - theta)) + BOUND_SLACK_MS + rootBoundMs;
    return {
      offsetMs: this.#offsetOrigin + theta,
      boundMs: bound,
      driftPpm: this.#skew.skew * 1e6,
      lowerMs: this.#offsetOrigin + lower,
      upperMs: this.#offsetOrigin + upper,
      ...counts,
    };
  }

  /**
   * The wait before the next exchange, in ms.
   * @param {{playing?: boolean, unsure?: boolean, steadyMs?: number}} [hints] `playing` is whether the video runs; not for half
   *   a minute means one exchange in 5 s. `unsure` is for a caller with a reason of its own; `steadyMs` holds
   *   while all is well
   * @returns {number}
   */
  nextDelayMs({ playing = true, unsure = false, steadyMs } = {}) {
    const now = this.#timeOrigin + this.#seen;
    return this.#schedule.nextDelayMs(now, this.#samples, unsure || this.#unsure(), playing, steadyMs);
  }

  /** Drop everything that was learned of the clock. */
  #forget() {
    this.#samples = 0;
    this.#up = new EdgeMemory();
    this.#down = new EdgeMemory();
    this.#skew = new ClockSkew();
    this.#timeOrigin = this.#offsetOrigin = 0;
    this.#lastSent = this.#lastReceived = 0;
    this.#seen = 0;
    this.#doubtful = false;
    this.#lower = -Infinity;
    this.#upper = Infinity;
    this.#theta = 0;
    this.#fitted = 0;
    this.#rttSpan = 0;
    this.#rttNow = this.#rttBefore = Infinity;
  }

  #noteStep() {
    this.#forget();
    this.#steps += 1;
    this.#schedule.beginBurst();
  }

  /**
   * Carry the proven interval to t4 and cut it by both limits.
   * @param {number} t1 @param {number} t2 @param {number} t3 @param {number} t4
   * @returns {boolean} false when nothing would be left
   */
  #cutInterval(t1, t2, t3, t4) {
    if (this.#samples === 0) {
      this.#timeOrigin = t1;
      this.#offsetOrigin = t2 - t1;
      this.#rttSpan = this.#fitted = 0;
    }
    let upper = t2 - t1 - this.#offsetOrigin + RHO * (t4 - t1);
    let lower = t3 - (t4 + this.#quantum) - this.#offsetOrigin;
    const seen = t4 - this.#timeOrigin;
    if (this.#samples > 0) {
      const widening = RHO * (seen - this.#seen);
      upper = Math.min(this.#upper + widening, upper);
      lower = Math.max(this.#lower - widening, lower);
      if (lower - upper > STEP_TOLERANCE_MS) return false;
    }
    this.#lower = lower;
    this.#upper = upper;
    this.#lastSent = t1;
    this.#lastReceived = t4;
    this.#seen = seen;
    this.#samples += 1;
    return true;
  }

  /** @param {number} roundTrip */
  #noteRoundTrip(roundTrip) {
    if (this.#seen - this.#rttSpan >= RTT_SPAN_MS) {
      this.#rttSpan = this.#seen;
      this.#rttBefore = this.#rttNow;
      this.#rttNow = Infinity;
    }
    this.#rttNow = Math.min(this.#rttNow, roundTrip);
  }

  /**
   * Store both edges, fit when it is time, and place the estimate.
   * @param {number} t1 @param {number} t2 @param {number} t3 @param {number} t4
   */
  #remember(t1, t2, t3, t4) {
    const known = this.#skew.skew;
    this.#up.add(t1 - this.#timeOrigin, t2 - t1 - this.#offsetOrigin, known);
    this.#down.add(this.#seen, this.#offsetOrigin - (t3 - (t4 + this.#quantum)), -known);
    if (this.#samples === 1 || this.#seen - this.#fitted >= REFIT_EVERY_MS) {
      this.#fitted = this.#seen;
      if (this.#skew.refit(this.#up, this.#down, this.#seen)) this.#rateResets += 1;
    }
    const { skew, uncertainty, upHull, downHull } = this.#skew;
    const upper = best(this.#up, upHull, this.#seen, skew, uncertainty);
    const lower = -best(this.#down, downHull, this.#seen, -skew, uncertainty);
    this.#theta = clamp((upper + lower) / 2, this.#lower, this.#upper);
  }

  /** @returns {boolean} */
  #unsure() {
    if (!this.#skew.known) return true;
    const bound = Math.max(Math.abs(this.#theta - this.#lower), Math.abs(this.#upper - this.#theta));
    return bound - Math.min(this.#rttNow, this.#rttBefore) / 2 > UNSURE_EXCESS_MS;
  }
}

/**
 * The value of the least edge, carried to `now`. A linear function has its minimum at a vertex of the hull, so
 * only those and the newest are tried.
 * @param {EdgeMemory} memory @param {import('./clock-envelope.js').Hull} hull @param {number} now
 * @param {number} skew @param {number} uncertainty
 * @returns {number}
 */
function best(memory, hull, now, skew, uncertainty) {
  // An edge was stored just now, so there is one.
  return memory.bestOf([hull, memory.newestEdges(UNFITTED_CELLS)], now, skew, uncertainty) ?? 0;
}

/** @param {number} value @param {number} lower @param {number} upper @returns {number} within them */
function clamp(value, lower, upper) {
  if (lower > upper) return (lower + upper) / 2;
  return Math.min(Math.max(value, lower), upper);
}

/** @param {unknown} value @returns {boolean} */
function isTimestamp(value) {
  return typeof value === 'number' && value >= -MAX_TIMESTAMP_MS && value <= MAX_TIMESTAMP_MS;
}
