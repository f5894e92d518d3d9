// @ts-check
/**
 * Keeps any player where its party is, by a small interface; for an HTMLMediaElement `PlaybackFollower` is finer.
 *
 * A player with a rate is sought only when it is far off, and then played up to 5 % faster or slower, which nobody
 * hears. One without is *started* exactly: sought a little ahead, to a place that it can reach, kept paused, and
 * played when the party is there. So whole-second seeks cost no exactness. `party_client/follower.py` is the same
 * for Python.
 */
import { systemScheduler } from './scheduler.js';
import { StatusReporter } from './status-reporter.js';
import { ScheduledTimeline, TIMELINE_EVENTS } from './timeline.js';

/** @import {FollowedConnection, Scheduler, TimelinePoint} from './types.js' */

/**
 * What a player can do. `rate`: it can play a little faster and slower. `seekStepS`: it seeks to multiples of so many
 * seconds only, 0 for anywhere. `answerMs`: what it says of its position is about so old. `toleranceS`: an error below
 * this is left alone where there is no rate to correct it by.
 * @typedef {{rate: boolean, seekStepS: number, answerMs: number, toleranceS: number}} Traits
 */

/**
 * Any player. No method may block.
 * @typedef {object} Player
 * @property {Partial<Traits>} traits
 * @property {() => number|null} positionS null while it isn't known, as before the film is loaded
 * @property {() => 'playing'|'paused'|'buffering'} state
 * @property {() => void} play
 * @property {() => void} pause
 * @property {(positionS: number) => void} seek
 * @property {(rate: number) => void} [setRate] called only where the traits say so
 * @property {() => boolean} [hasPicture] whether it can show the place where it stands; left out where nobody can tell
 */

/** @type {Traits} */
const EVERYTHING = { rate: true, seekStepS: 0, answerMs: 0, toleranceS: 0.2 };
/** The longest wait between two looks. */
const LOOK_MS = 100;
/** With a rate: beyond this it seeks, below this it leaves the rate alone, and a nudge ends below this. */
const SEEK_BEYOND_S = 0.5;
const STEADY_BELOW_S = 0.02;
const SETTLED_BELOW_S = 0.004;
/** An error is to be gone after so long, at so much faster or slower at most. */
const CATCH_UP_S = 2;
const MOST_NUDGE = 0.05;
/** Changes of the rate below this aren't worth making. */
const LEAST_CHANGE = 0.001;
/** Without a rate: how far ahead it seeks; and how much a player may be ahead to wait for the party where it is. */
const SEEK_AHEAD_S = 0.6;
const WAIT_WITHIN_S = 3;
/** After a seek or a start nothing is believed for so long, and a correction comes so long after the last. */
const SETTLE_MS = 400;
const FIRST_PAUSE_MS = 3000;
const LONGEST_PAUSE_MS = 60_000;
/** A start is judged so long after it, once: a player that is slow to begin has begun by then. */
const JUDGE_AFTER_MS = 2500;
const MOST_START_S = 2;

/** @param {number} value @param {number} low @param {number} high */
const within = (value, low, high) => Math.min(Math.max(value, low), high);

export class PlayerFollower {
  #player;
  #connection;
  #scheduler;
  #timeline = new ScheduledTimeline();
  #reporter;
  /** @type {Traits} */
  #traits;
  /** @type {{atMs: number, revision: number}|null} The player waits, and is to play at this party time. */
  #start = null;
  #quietUntilMs = -Infinity;
  /** @type {number|null} */
  #startedMs = null;
  #startedRevision = -1;
  /** How long the player takes from `play` until it moves, and from a seek until it is there, s; learned. */
  #startS = 0;
  #seekS = 0.05;
  #hasSought = false;
  #pauseMs = FIRST_PAUSE_MS;
  #correctedMs = -Infinity;
  #rate = 1;
  #isRunning = false;
  /** @type {unknown} */
  #timer = null;

  /** @param {{player: Player, connection: FollowedConnection, scheduler?: Scheduler}} parts */
  constructor({ player, connection, scheduler = systemScheduler }) {
    this.#player = player;
    this.#connection = connection;
    this.#scheduler = scheduler;
    this.#traits = { ...EVERYTHING, ...player.traits };
    if (!player.setRate) this.#traits.rate = false;
    this.#reporter = new StatusReporter((status) => connection.sendStatus(status));
    /** How far the player is behind the party, s; null while that isn't known. @type {number|null} */
    this.errorS = null;
  }

  start() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (const type of TIMELINE_EVENTS) this.#connection.addEventListener(type, this.#take);
    this.#take();
  }

  /** Let the player go, as it is. */
  stop() {
    this.#isRunning = false;
    for (const type of TIMELINE_EVENTS) this.#connection.removeEventListener(type, this.#take);
    this.#scheduler.clearTimeout(this.#timer);
  }

  #take = (/** @type {Event} */ event = new Event('start')) => {
    const { party } = this.#connection;
    if (party) this.#timeline.follow(party, event, this.#connection.partyTimeMs() ?? -Infinity);
    if (event.type === 'welcome') this.#reporter.reset();
    this.#look();
  };

  #look() {
    this.#scheduler.clearTimeout(this.#timer);
    if (!this.#isRunning) return;
    const partyMs = this.#connection.partyTimeMs();
    const delayMs = partyMs === null || !this.#connection.party ? LOOK_MS : this.#step(partyMs);
    this.#timer = this.#scheduler.setTimeout(() => this.#look(), Math.max(1, delayMs));
  }

  /** @param {number} partyMs @returns {number} in how many ms to look again */
  #step(partyMs) {
    const point = this.#timeline.at(partyMs);
    const positionS = this.#shownS(point.rate);
    this.errorS = positionS === null ? null : point.positionS - positionS;
    if (positionS === null) {
      if (this.#player.hasPicture?.() === false) this.#report(partyMs, point);
      return LOOK_MS;
    }
    const isOver = this.#connection.party?.state === 'ended';
    if (point.state !== 'playing' || isOver) this.#stand(point, partyMs);
    else if (this.#player.state() !== 'buffering') this.#play(point, partyMs);
    this.#report(partyMs, point);
    const due = [this.#timeline.nextChangeMs(partyMs), this.#start && this.#start.atMs - this.#startS * 1000];
    return Math.min(LOOK_MS, ...due.filter((atMs) => atMs !== null).map((atMs) => Math.max(0, atMs - partyMs)));
  }

  /** @param {number} rate @returns {number|null} where the picture is now */
  #shownS(rate) {
    const positionS = this.#player.positionS();
    if (positionS === null || this.#player.state() !== 'playing') return positionS;
    return positionS + (this.#traits.answerMs / 1000) * rate;
  }

  /** @param {number} partyMs @param {TimelinePoint} point */
  #report(partyMs, point) {
    const status = {
      position_s: Math.max(0, this.#shownS(point.rate) ?? 0), state: this.#stateFor(point),
      revision: this.#timeline.revision, sampled_at_ms: partyMs,
    };
    this.#reporter.offer(status, this.#timeline.revision, this.#connection.now(), (this.errorS ?? 0) * 1000);
  }

  /** @param {TimelinePoint} point @returns {import('./types.js').MemberStatus['state']} the player's state for the party */
  #stateFor(point) {
    const state = this.#player.state();
    // One that is sought stands there at once, and shows it later; and one without a film stands at the beginning.
    const isAtRest = point.state !== 'playing' || this.#player.positionS() === null;
    if (isAtRest && this.#player.hasPicture?.() === false) return 'buffering';
    return this.#start && state === 'paused' ? 'ready' : state;
  }

  /** The party stands still. @param {TimelinePoint} point @param {number} partyMs */
  #stand({ positionS }, partyMs) {
    this.#start = null;
    this.#startedMs = null;
    if (this.#player.state() !== 'paused') this.#player.pause();
    const stepS = this.#traits.seekStepS;
    if (Math.abs(this.errorS ?? 0) <= Math.max(0.05, stepS) || partyMs < this.#quietUntilMs) return;
    this.#seek(stepS ? Math.floor(positionS / stepS) * stepS : positionS, partyMs);
  }

  /** The party plays. @param {TimelinePoint} point @param {number} partyMs */
  #play(point, partyMs) {
    const revision = this.#timeline.playbackAt(partyMs)?.revision ?? 0;
    if (this.#start?.revision === revision) {
      if (partyMs >= this.#start.atMs - this.#startS * 1000) this.#begin(partyMs, revision);
      return;
    }
    this.#start = null;
    if (this.#startedRevision !== revision) this.#startedMs = null;
    if (partyMs < this.#quietUntilMs) return;
    if (!this.#hasJudged(partyMs)) return;
    if (this.#traits.rate) this.#nudge(point, partyMs);
    else if (this.#player.state() === 'paused' || this.#isToCorrect(partyMs)) this.#planStart(point, revision, partyMs);
  }

  /** @param {number} partyMs @param {number} revision */
  #begin(partyMs, revision) {
    this.#start = null;
    this.#startedRevision = revision;
    this.#startedMs = partyMs;
    this.#quietUntilMs = partyMs + SETTLE_MS + this.#traits.answerMs;
    this.#player.play();
  }

  /** @param {number} positionS @param {number} partyMs */
  #seek(positionS, partyMs) {
    this.#quietUntilMs = partyMs + SETTLE_MS + this.#traits.answerMs;
    this.#player.seek(positionS);
  }

  /** Seek if it is far off, and play a little faster or slower if it is near. @param {TimelinePoint} point @param {number} partyMs */
  #nudge(point, partyMs) {
    let errorS = this.errorS ?? 0;
    // What the last seek missed by is about what a seek takes.
    if (this.#hasSought) this.#seekS = within(this.#seekS + errorS / point.rate / 2, 0, MOST_START_S);
    this.#hasSought = false;
    const isPaused = this.#player.state() === 'paused';
    if (Math.abs(errorS) > SEEK_BEYOND_S || (isPaused && Math.abs(errorS) > STEADY_BELOW_S)) {
      this.#seek(point.positionS + this.#seekS * point.rate, partyMs);
      this.#hasSought = true;
      errorS = 0;
    }
    if (isPaused) this.#player.play();
    const isNudging = Math.abs(this.#rate / point.rate - 1) > LEAST_CHANGE;
    const isSmall = Math.abs(errorS) < (isNudging ? SETTLED_BELOW_S : STEADY_BELOW_S);
    const nudge = isSmall ? 0 : within(errorS / CATCH_UP_S, -MOST_NUDGE, MOST_NUDGE);
    const rate = point.rate * (1 + nudge);
    if (Math.abs(rate - this.#rate) <= LEAST_CHANGE) return;
    this.#rate = rate;
    this.#player.setRate?.(rate);
  }

  /** Learn once from a start how long the player takes to begin. @param {number} partyMs @returns {boolean} not too early for that */
  #hasJudged(partyMs) {
    if (this.#startedMs === null) return true;
    if (partyMs - this.#startedMs < JUDGE_AFTER_MS) return false;
    this.#startedMs = null;
    this.#startS = within(this.#startS + (this.errorS ?? 0), 0, MOST_START_S);
    return true;
  }

  /** Whether an error is worth an interruption; the pauses between those that don't help grow. @param {number} partyMs */
  #isToCorrect(partyMs) {
    const offS = Math.abs(this.errorS ?? 0);
    const sinceMs = partyMs - this.#correctedMs;
    if (offS <= this.#traits.toleranceS) {
      if (sinceMs > 2 * this.#pauseMs) this.#pauseMs = FIRST_PAUSE_MS;
      return false;
    }
    if (sinceMs < this.#pauseMs && offS < WAIT_WITHIN_S) return false;
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
    this.#correctedMs = partyMs;
    return true;
  }

  /**
   * Have the player wait where the party will be, and start it then.
   * @param {TimelinePoint} point @param {number} revision @param {number} partyMs
   */
  #planStart({ positionS, rate }, revision, partyMs) {
    const aheadS = -(this.errorS ?? 0);
    const waits = aheadS >= this.#startS && aheadS < WAIT_WITHIN_S;
    const stepS = this.#traits.seekStepS;
    const soonS = positionS + (SEEK_AHEAD_S + this.#startS) * rate;
    const placeS = waits ? positionS + aheadS : stepS ? Math.ceil(soonS / stepS) * stepS : soonS;
    if (this.#player.state() !== 'paused') this.#player.pause();
    if (!waits) this.#seek(placeS, partyMs);
    this.#start = { atMs: partyMs + ((placeS - positionS) / rate) * 1000, revision };
  }
}
