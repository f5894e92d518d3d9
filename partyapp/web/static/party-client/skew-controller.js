// @ts-check
/**
 * The decision of when and how to correct a player: pure, in virtual time, without a DOM.
 *
 * Readings of target and position go in (about 20 a second while playing), a correction comes out: none,
 * a playback rate, or a seek. The error is filtered by a Kalman filter, small errors are nudged away with
 * the rate, and only what no nudge can mend in reasonable time is sought.
 */
import { ScalarKalman } from './kalman.js';
import { capFor, isQuiet, isSameRate, nudgeFor, roundRate } from './nudge.js';
import { PlayerLatency } from './player-latency.js';
import { SeekPolicy } from './seek-policy.js';

/** @typedef {'nudge'|'seek-only'} Profile */
/** @typedef {{kind: 'none'}|{kind: 'rate', rate: number}|{kind: 'seek', positionS: number}} Correction */

/**
 * @typedef {object} Observation
 * @property {number} targetS where the player should be at `nowMs`, in media seconds (the trim included)
 * @property {number} positionS where it is
 * @property {number} nowMs the instant of the reading on a monotonic clock
 * @property {number} rate the rate the player runs at (`media.playbackRate`), nudges included
 * @property {boolean} playing false while it does not move: stalled, seeking, not begun
 * @property {number} [roomRate] the rate of the room's timeline, 1 by default
 */

/**
 * Nudge from this error on, or from three standard deviations if those are more, or from half of what this
 * player loses by a small nudge, if it does: a costly correction needs a larger error;
 */
const START_MS = 6;
const START_SIGMAS = 3;
const START_LOSSES = 0.5;
/** What a nudge has cost shows after so many readings. */
const LOSS_READINGS = 10;
/** A larger loss is a stall that happened to come then. */
const LOSS_LIMIT_MS = 60;
/** until it is below this. */
const STOP_MS = 2;
/** Slow down only once a third of the rate would do: each change of rate may be heard, so few are made. */
const SLOW_DOWN_FACTOR = 3;
/** Speed up only when the error has clearly grown past what the rate was chosen for. */
const SPEED_UP_MARGIN = 0.75;
const SPEED_UP_FACTOR = 1.5;
/** A player that begins to stretch its sound, or ends, may jump by about this (Chromium: some 20 ms back). */
const RATE_JUMP_MS = 20;
/** A quiet change of rate moves it by hardly anything. */
const QUIET_JUMP_MS = 2;
/** So a nudge is slowed or ended only once the error is known this well again, unless it is clearly past the target. */
const JUDGE_SIGMA_MS = 3;
const WRONG_SIGMAS = 5;
/** The target moved by more than this beyond the room's rate: the room has jumped. */
const TARGET_JUMP_S = 0.25;
/** How late a seek lands, before any was seen: a first guess for a desktop browser. */
const LANDING_GUESS_MS = 90;
/** After a start or a seek the first frames run ahead of the sound, or stand: readings are ignored so long. */
const SETTLES_MS = 250;
/** A landing is judged by so many readings; where the picture stands still, and they contradict one another, not at all. */
const LANDING_READINGS = 3;
const LANDING_LOOKS = 10;

export class SkewController {
  #filter = new ScalarKalman();
  #landing = new PlayerLatency(LANDING_GUESS_MS);
  /** What the player loses when it leaves the room's rate by a little. */
  #loss = new PlayerLatency();
  /** @type {number|null} While a nudge is young: the error to expect if it costs nothing, ms. */
  #expectedMs = null;
  #nudge = 0;
  #readingsSinceNudge = 0;
  #roomRate = 1;
  /** @type {Observation|null} */
  #last = null;
  /** @type {{targetS: number, nowMs: number}|null} The room at the previous reading. */
  #room = null;
  /** @type {number|null} The rate we asked for last, not yet seen in a reading. */
  #requestedRate = null;
  #interruptedAtMs = -Infinity;
  #wasPlaying = false;
  #seeks;
  #judgeLanding = false;
  #landingLooks = 0;
  #movingSinceMs = 0; // after a stop

  /** @param {{profile?: Profile}} [options] `seek-only` for players whose rate can't be nudged */
  constructor({ profile = 'nudge' } = {}) {
    this.profile = profile;
    this.#seeks = new SeekPolicy(profile === 'seek-only');
  }

  /** The filtered error, target minus position, in ms of media; null before the first reading. */
  get errorMs() {
    return this.#filter.readings > 0 ? this.#filter.value : null;
  }

  /** Standard deviation of the error, ms; Infinity before the first reading. */
  get sigmaMs() {
    return this.#filter.sigma;
  }

  /** How late a seek lands, learned, in ms (0 to 1000). */
  get landingLatencyMs() {
    return this.#landing.ms;
  }

  /**
   * Take one reading and decide.
   * @param {Observation} observation
   * @returns {Correction}
   */
  observe(observation) {
    if (!observation.playing) {
      this.#pauseReadings(observation);
      return { kind: 'none' };
    }
    const { nowMs, rate, roomRate = 1 } = observation;
    if (!this.#wasPlaying) this.#interruptedAtMs = this.#movingSinceMs = nowMs;
    this.#wasPlaying = true;
    this.#detectRoomJump(observation);
    if (nowMs - this.#movingSinceMs < SETTLES_MS) return this.#requestRate(rate);
    this.#detectExternalRate(observation);
    this.#filterReading(observation);
    this.#last = observation;
    this.#roomRate = roomRate;
    if (!this.#learnLanding()) return this.#requestRate(rate);
    const seek = this.#decideSeek(observation);
    if (seek) return seek;
    if (this.profile === 'nudge') this.#decideNudge();
    return this.#requestRate(rate);
  }

  /**
   * Discard the readings: after an event that invalidates them (waiting, seeking, visibility).
   * What was learned of the player, and the cool-down, stay.
   */
  reset() {
    this.#filter.reset();
    this.#last = null;
    this.#nudge = 0;
    this.#expectedMs = null;
    this.#seeks.reset();
  }

  /**
   * Note that the player was started.
   * @param {{sought: boolean}} how whether it was sought for it, with the learned latency in the aim: learn from it
   */
  noteStart({ sought }) {
    // While the player was paused the room stood still, which is no jump.
    this.#room = null;
    this.#startOver({ sought });
  }

  /** Another source, or a user's click: the next seek is no repetition of one that has not helped. */
  beginAnew() {
    this.#seeks.resetCoolDown();
    this.#judgeLanding = false;
    this.noteStart({ sought: false });
  }

  /** @param {{sought: boolean}} how */
  #startOver({ sought }) {
    this.reset();
    this.#wasPlaying = false;
    if (!sought) return;
    this.#judgeLanding = true;
    this.#landingLooks = 0;
  }

  /** @param {Observation} observation */
  #pauseReadings({ roomRate = 1 }) {
    this.reset();
    this.#roomRate = roomRate;
    this.#wasPlaying = false;
  }

  /** @param {Observation} observation */
  #detectRoomJump({ targetS, nowMs }) {
    const before = this.#room;
    this.#room = { targetS, nowMs };
    if (!before) return;
    const expectedS = before.targetS + (this.#roomRate * (nowMs - before.nowMs)) / 1000;
    if (Math.abs(targetS - expectedS) <= TARGET_JUMP_S) return;
    this.reset();
    this.#judgeLanding = false;
    this.#interruptedAtMs = nowMs;
    // Readings before a jump do not matter, so this one counts at once.
    this.#movingSinceMs = -Infinity;
    this.#seeks.resetCoolDown();
  }

  /** @param {Observation} observation */
  #detectExternalRate({ rate, roomRate = 1 }) {
    const last = this.#last;
    if (!last) return;
    const external = !isSameRate(rate, last.rate) && !isSameRate(rate, this.#requestedRate ?? last.rate);
    if (external || roomRate !== this.#roomRate) this.reset();
  }

  /** @param {Observation} observation */
  #filterReading({ targetS, positionS, nowMs, rate, roomRate = 1 }) {
    const last = this.#last;
    if (last) {
      const dtS = Math.max(0, nowMs - last.nowMs) / 1000;
      const inputMs = -(rate - roomRate) * dtS * 1000;
      this.#filter.predict(dtS, inputMs, this.#jumpMs(rate, last.rate));
      if (this.#expectedMs !== null) this.#expectedMs += inputMs;
    }
    this.#filter.update((targetS - positionS) * 1000);
  }

  /**
   * Learn from the first readings after a seek how late it landed.
   * @returns {boolean} false while the landing is still being judged
   */
  #learnLanding() {
    if (!this.#judgeLanding) return true;
    this.#landingLooks += 1;
    const landed = this.#filter.readings >= LANDING_READINGS;
    if (!landed && this.#landingLooks < LANDING_LOOKS) return false;
    this.#judgeLanding = false;
    if (landed) this.#landing.learnResidual(this.#filter.value / this.#roomRate);
    return true;
  }

  /** @param {Observation} observation @returns {Correction|null} */
  #decideSeek({ targetS, nowMs }) {
    const { value, readings } = this.#filter;
    const situation = { offMs: Math.abs(value), nowMs, interruptedAtMs: this.#interruptedAtMs, readings };
    if (!this.#seeks.shouldSeek(situation)) return null;
    const positionS = targetS + (this.#landing.ms / 1000) * this.#roomRate;
    this.#startOver({ sought: true });
    return { kind: 'seek', positionS: Math.max(0, positionS) };
  }

  #decideNudge() {
    const errorMs = this.#filter.value;
    const offMs = Math.abs(errorMs);
    const direction = Math.sign(errorMs);
    const { sigma } = this.#filter;
    if (this.#nudge === 0) {
      if (offMs <= Math.max(START_MS, START_SIGMAS * sigma, START_LOSSES * this.#loss.ms)) return;
      this.#nudge = direction * nudgeFor(offMs, this.#roomRate !== 1);
      this.#expectedMs = !this.#isStretching && sigma <= JUDGE_SIGMA_MS ? errorMs : null;
      this.#readingsSinceNudge = 0;
      return;
    }
    this.#readingsSinceNudge += 1;
    const sure = sigma <= JUDGE_SIGMA_MS;
    if (sure && this.#readingsSinceNudge >= LOSS_READINGS) this.#learnLoss(errorMs);
    else if (offMs < WRONG_SIGMAS * sigma) return;
    if (offMs < STOP_MS || direction !== Math.sign(this.#nudge)) {
      this.#nudge = 0;
      return;
    }
    const now = Math.abs(this.#nudge);
    const stretching = this.#isStretching;
    const slower = nudgeFor(offMs, stretching);
    const faster = nudgeFor(offMs * SPEED_UP_MARGIN, stretching);
    // A quiet nudge is slow enough to end where it is wanted; each change of rate less is one less to be heard.
    const tooFast = stretching && (now > capFor(offMs, stretching) || slower * SLOW_DOWN_FACTOR <= now);
    if (sure && tooFast) this.#nudge = direction * slower;
    else if (faster >= now * SPEED_UP_FACTOR) this.#nudge = direction * faster;
  }

  /** Whether the rate that is wanted makes the player stretch its sound. */
  get #isStretching() {
    return !isQuiet(this.#wantedRate(), this.#roomRate);
  }

  /** @param {number} rate @param {number} before @returns {number} how far the change may have moved it, ms */
  #jumpMs(rate, before) {
    if (isSameRate(rate, before)) return 0;
    return isQuiet(rate, this.#roomRate) && isQuiet(before, this.#roomRate) ? QUIET_JUMP_MS : RATE_JUMP_MS;
  }

  /** @param {number} errorMs well known again after the nudge began */
  #learnLoss(errorMs) {
    if (this.#expectedMs === null) return;
    const lossMs = errorMs - this.#expectedMs;
    this.#expectedMs = null;
    if (Math.abs(lossMs) < LOSS_LIMIT_MS) this.#loss.learn(lossMs);
  }

  /** @returns {number} the rate the player should run at */
  #wantedRate() {
    return roundRate(this.#roomRate * (1 + this.#nudge));
  }

  /** @param {number} rate the rate it runs at @returns {Correction} */
  #requestRate(rate) {
    const wanted = this.#wantedRate();
    if (isSameRate(rate, wanted)) return { kind: 'none' };
    this.#requestedRate = wanted;
    return { kind: 'rate', rate: wanted };
  }
}
