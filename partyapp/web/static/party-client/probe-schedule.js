// @ts-check
/**
 * When to ask for the time again: often while unsure, seldom while all is well.
 *
 * A burst comes first, before the media load and fill the queues, so that the path is seen empty. Who
 * stays unsure backs off all the same: a path with a standing queue never gets better by asking it more.
 */

/** A burst is so many exchanges, so long apart (ms). */
export const BURST_SIZE = 8;
export const BURST_DELAY_MS = 100;
export const STEADY_DELAY_MS = 1_000;
const IDLE_DELAY_MS = 5_000;
/** Not playing for this long (ms of the member's clock) counts as idle. */
const IDLE_AFTER_MS = 30_000;
const UNSURE_DELAY_MS = 200;
/** Each exchange that leaves the member unsure adds this much to the next delay (ms), up to steady. */
const UNSURE_BACKOFF_MS = 20;
/** The share by which steady delays are spread, so that members do not beat in step. */
const SPREAD = 0.1;
const GOLDEN_RATIO = 0.6180339887498949;

/** The delays between the exchanges of one member, all in ms. */
export class ProbeSchedule {
  #burstLeft = BURST_SIZE;
  #unsureStreak = 0;
  /** @type {number|null} */
  #idleSince = null;

  /** Start a burst: after a reconnect, a wake-up, or the page becoming visible. */
  beginBurst() {
    this.#burstLeft = BURST_SIZE;
    this.#unsureStreak = 0;
  }

  /** @param {boolean} unsure whether one more exchange left the estimate unsure of itself */
  note(unsure) {
    if (this.#burstLeft > 0) this.#burstLeft -= 1;
    else if (unsure) this.#unsureStreak += 1;
    else this.#unsureStreak = 0;
  }

  /**
   * The wait before the next exchange.
   * @param {number} now when the last one ended on the member's clock, ms
   * @param {number} samples
   * @param {boolean} unsure
   * @param {boolean} playing
   * @param {number} steadyMs how long it may be while all is well
   * @returns {number}
   */
  nextDelayMs(now, samples, unsure, playing, steadyMs = STEADY_DELAY_MS) {
    if (playing) this.#idleSince = null;
    else if (this.#idleSince === null || now < this.#idleSince) this.#idleSince = now;
    if (this.#burstLeft > 0) return BURST_DELAY_MS;
    let delay = steadyMs;
    if (this.#idleSince !== null && now - this.#idleSince >= IDLE_AFTER_MS) delay = Math.max(IDLE_DELAY_MS, steadyMs);
    else if (unsure) delay = Math.min(UNSURE_DELAY_MS + UNSURE_BACKOFF_MS * this.#unsureStreak, STEADY_DELAY_MS);
    // No random numbers, so that a recorded trace replays; members still differ, by their clocks.
    const phase = (now + samples) * GOLDEN_RATIO;
    return delay * (1 - SPREAD + 2 * SPREAD * (phase - Math.floor(phase)));
  }
}
