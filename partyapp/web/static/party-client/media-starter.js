// @ts-check
/**
 * Starts a media element, which a browser may refuse, and learns how long it takes to begin, so that
 * play() can be called early by as much.
 */
import { PlayerLatency } from './player-latency.js';

/** What play() takes until the picture moves, before any was seen: a guess for a desktop browser. */
const GUESS_MS = 30;
/** The very first one takes longer, for the sound has to be opened; nothing is learned from it. */
const FIRST_START_MS = 90;
/** From one play() to the next without our own pause(): whether it failed, or somebody else paused. */
const RETRY_MS = 1000;
/** WebKitGTK may never answer a play() that came while it sought: after so long it is asked again. */
const PENDING_LIMIT_MS = 5000;
/** The first frames may run ahead of the sound: a start is judged so long after it. */
const SETTLING_MS = 400;

export class MediaStarter {
  #media;
  #now;
  #latency = new PlayerLatency(GUESS_MS);
  #onBlocked;
  #onUnblocked;
  #pending = false;
  /** Whether it has ever been seen to move after our play(). */
  #hasStarted = false;
  /** Whether our last order was play(), and it was obeyed. */
  #playing = false;
  #isPausedByOthers = false;
  #onPause = () => this.#notePause();
  #notBeforeMs = -Infinity;
  #calledMs = -Infinity;
  /** Counts the orders, so that the answer to an old play() is known as old. */
  #order = 0;
  /** @type {{calledMs: number, positionS: number}|null} The start whose latency is being measured. */
  #measured = null;

  /**
   * @param {object} parts
   * @param {HTMLMediaElement} parts.media
   * @param {() => number} parts.now ms
   * @param {() => void} parts.onBlocked the browser requires a click first
   * @param {() => void} parts.onUnblocked it plays, after it was blocked
   */
  constructor({ media, now, onBlocked, onUnblocked }) {
    this.#media = media;
    this.#now = now;
    this.#onBlocked = onBlocked;
    this.#onUnblocked = onUnblocked;
    /** Whether autoplay was refused, and only a user's click helps. */
    this.blocked = false;
  }

  start() {
    this.#media.addEventListener('pause', this.#onPause);
  }

  stop() {
    this.#media.removeEventListener('pause', this.#onPause);
  }

  /** How long before the picture moves play() has to be called, ms. */
  get latencyMs() {
    return this.#hasStarted ? this.#latency.ms : FIRST_START_MS;
  }

  /** Whether play() may be called now without a click. */
  get mayPlay() {
    const nowMs = this.#now();
    const waits = this.#pending && nowMs - this.#calledMs < PENDING_LIMIT_MS;
    return !waits && !this.blocked && nowMs >= this.#notBeforeMs;
  }

  /**
   * Call play(), unless that is under way or was just refused.
   * @param {{byUser?: boolean, measure?: boolean}} [how] byUser: from a click, which may unblock; measure:
   *   the media is where it is to begin, so that its start can be timed
   * @returns {Promise<void>} settled, never rejected
   */
  async play({ byUser = false, measure = false } = {}) {
    if (!byUser && !this.mayPlay) return;
    const nowMs = this.#now();
    this.#order += 1;
    const order = this.#order;
    this.#pending = true;
    this.#calledMs = nowMs;
    this.#notBeforeMs = nowMs + RETRY_MS;
    this.#measured = measure ? { calledMs: nowMs, positionS: this.#media.currentTime } : null;
    try {
      await this.#media.play();
      if (order === this.#order) this.#obeyed();
    } catch (error) {
      this.#measured = null;
      // A play() that a pause() overtook rejects too (AbortError); that is no failure of the player.
      if (order === this.#order) this.#refused(error);
    } finally {
      if (order === this.#order) this.#pending = false;
    }
  }

  pause() {
    this.forget();
    this.#media.pause();
  }

  /** What was ordered is over: the element, with another source, stands still by itself and has to be started anew. */
  forget() {
    this.#order += 1;
    this.#pending = false;
    this.#playing = this.#isPausedByOthers = false;
    this.#notBeforeMs = -Infinity;
    this.#measured = null;
  }

  /** @returns {boolean} whether it was paused after our play(), and not at its end or by a fault; told once */
  takePauseOfOthers() {
    const taken = this.#isPausedByOthers;
    this.#isPausedByOthers = false;
    return taken;
  }

  /** Only this tells a pause: with another source an element stands still, too, and may have loaded it before its events come. */
  #notePause() {
    const { paused, ended, error, readyState } = this.#media;
    if (!this.#playing || !paused) return;
    this.#playing = false;
    this.#isPausedByOthers = !ended && !error && readyState > 0;
  }

  #obeyed() {
    this.#playing = true;
    this.#setBlocked(false);
  }

  /** Discard the start that is being measured: it stalled, or was sought. */
  invalidate() {
    this.#measured = null;
  }

  /**
   * Judge the start from a reading after it.
   * @param {{positionS: number, atMs: number}} reading
   * @param {number} rate
   */
  observe({ positionS, atMs }, rate) {
    const start = this.#measured;
    if (!start || atMs - start.calledMs < SETTLING_MS || positionS <= start.positionS) return;
    this.#measured = null;
    const movedMs = ((positionS - start.positionS) * 1000) / rate;
    if (this.#hasStarted) this.#latency.learn(atMs - start.calledMs - movedMs);
    this.#hasStarted = true;
  }

  /** @param {unknown} error */
  #refused(error) {
    if (/** @type {{name?: string}|null} */ (error)?.name === 'NotAllowedError') this.#setBlocked(true);
    else this.#notBeforeMs = this.#now() + RETRY_MS;
  }

  /** @param {boolean} blocked */
  #setBlocked(blocked) {
    if (blocked === this.blocked) return;
    this.blocked = blocked;
    if (blocked) this.#onBlocked();
    else this.#onUnblocked();
  }
}
