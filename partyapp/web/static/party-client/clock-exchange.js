// @ts-check
/**
 * When to exchange timestamps with the server, and the bookkeeping of it: a burst on join, reconnect and
 * wake-up, then as often as the estimator asks for; one outstanding at a time.
 */
import { BURST_DELAY_MS, BURST_SIZE } from './probe-schedule.js';

/** @typedef {import('./types.js').Clock} Clock */
/** @typedef {import('./types.js').ClockEstimate} ClockEstimate */
/** @typedef {import('./types.js').Exchange} Exchange */
/** @typedef {import('./types.js').Scheduler} Scheduler */

/** A socket on which a ping has no answer for this long is closed and opened anew. */
const UNANSWERED_MS = 10_000;
/** A server may ask for pings so often, and so seldom, ms. */
const LEAST_PING_MS = 250;
const MOST_PING_MS = 30_000;
/** The same limit for the first ping after a wake-up. */
const UNANSWERED_AFTER_WAKE_MS = 3000;

export class ClockExchange {
  #clock;
  #send;
  #now;
  #scheduler;
  /** @type {unknown} */
  #timer = null;
  #running = false;
  #burstLeft = 0;
  #n = 0;
  /** @type {{n: number, t1: number, deadlineMs: number}|null} */
  #outstanding = null;
  /** How long the next ping may wait for its answer, ms. */
  #answerLimitMs = UNANSWERED_MS;
  /** A ping fell due while another was outstanding. */
  #due = false;
  /** @type {Exchange|null} */
  #previous = null;
  /** @type {string|number|null} */
  #epoch = null;
  #playing = false;
  #steps = 0;
  /** How long the wait may be while all is well, ms. @type {number|undefined} */
  #steadyMs;

  /**
   * @param {object} parts
   * @param {Clock} parts.clock
   * @param {(message: object) => boolean} parts.send false if it could not be sent now
   * @param {() => number} parts.now member clock, ms
   * @param {Scheduler} parts.scheduler
   */
  constructor({ clock, send, now, scheduler }) {
    this.#clock = clock;
    this.#send = send;
    this.#now = now;
    this.#scheduler = scheduler;
    /** Uncertainty of party time itself, from the server's latest message, ms. */
    this.rootBoundMs = 0;
  }

  /** Begin on a new socket, with a burst. A ping left unanswered on an older socket is dropped. */
  start() {
    this.stop();
    this.#running = true;
    this.#clock.beginBurst();
    this.burst();
  }

  /** Stop sending. The estimate stays, and grows less certain by itself. */
  stop() {
    this.#running = false;
    this.#scheduler.clearTimeout(this.#timer);
    this.#timer = null;
    this.#outstanding = null;
    this.#previous = null;
    this.#due = false;
    this.#burstLeft = 0;
    this.#answerLimitMs = UNANSWERED_MS;
  }

  /** Begin a burst of exchanges now. */
  burst() {
    if (!this.#running) return;
    this.#burstLeft = BURST_SIZE;
    this.#schedule(0);
  }

  /**
   * After a sleep, a change of network or a hidden page: a burst, and a shorter limit for the next answer.
   * @param {boolean} slept the machine did, and its clock may have stood still meanwhile
   */
  wake(slept) {
    this.#clock.beginBurst({ doubtful: slept });
    this.#answerLimitMs = UNANSWERED_AFTER_WAKE_MS;
    if (this.#outstanding) this.#outstanding.deadlineMs = this.#now() + this.#answerLimitMs;
    this.burst();
  }

  /** @param {boolean} playing whether the room plays; exchanges get rarer when it has not for long */
  setPlaying(playing) {
    if (playing === this.#playing) return;
    this.#playing = playing;
    // The wait of a long pause may still be running.
    if (playing && this.#running && this.#burstLeft === 0) this.#schedule(0);
  }

  /**
   * @param {unknown} pingMs how long the server wants the wait to be while all is well; what is no such time
   *   changes nothing
   */
  setPace(pingMs) {
    if (typeof pingMs !== 'number' || !(pingMs >= LEAST_PING_MS && pingMs <= MOST_PING_MS)) return;
    const sooner = pingMs < (this.#steadyMs ?? Infinity);
    this.#steadyMs = pingMs;
    // The longer wait of before may still be running.
    if (sooner && this.#running && this.#burstLeft === 0 && !this.#outstanding) this.#schedule(this.#nextDelayMs());
  }

  #nextDelayMs() {
    return this.#clock.nextDelayMs({ playing: this.#playing, steadyMs: this.#steadyMs });
  }

  /**
   * Take the server's time base from a message. A new one invalidates every exchange with the old one.
   * @param {string|number|null|undefined} epoch
   * @param {number} [rootBoundMs]
   */
  noteEpoch(epoch, rootBoundMs) {
    if (typeof rootBoundMs === 'number' && rootBoundMs >= 0) this.rootBoundMs = rootBoundMs;
    if (epoch === undefined || epoch === null || epoch === this.#epoch) return;
    const known = this.#epoch !== null;
    this.#epoch = epoch;
    if (!known) return;
    this.#clock.reset();
    this.#previous = null;
    this.#outstanding = null;
    this.burst();
  }

  /**
   * @param {{n: number, t1: number, t2: number, t3: number, clock_epoch?: string|number, root_bound_ms?: number}} pong
   * @param {number} t4 member time of its receipt
   * @returns {ClockEstimate|null} the new estimate; null if the pong was none of ours
   */
  handlePong(pong, t4) {
    const sent = this.#outstanding;
    this.noteEpoch(pong.clock_epoch, pong.root_bound_ms);
    // A pong is judged against what was sent, not against the t1 it carries.
    if (!sent || sent.n !== pong.n || !Number.isFinite(pong.t2) || !Number.isFinite(pong.t3)) return null;
    this.#outstanding = null;
    this.#answerLimitMs = UNANSWERED_MS;
    const exchange = { n: sent.n, t1: sent.t1, t2: pong.t2, t3: pong.t3, t4 };
    this.#clock.observe(exchange.t1, exchange.t2, exchange.t3, exchange.t4);
    this.#previous = exchange;
    const estimate = this.#clock.estimate(t4, this.rootBoundMs);
    const stepped = estimate.steps > this.#steps;
    this.#steps = estimate.steps;
    // How unsure it is, and the spread of members over time, the estimator sees to itself.
    if (stepped) this.burst();
    else if (this.#due) this.#schedule(0);
    else if (this.#burstLeft === 0) this.#schedule(this.#nextDelayMs());
    return estimate;
  }

  /**
   * Use an exchange that was made some other way than by a ping.
   * @param {import('./types.js').ClockExchanged} exchange
   * @returns {ClockEstimate} the new estimate
   */
  take({ t1, t2, t3, t4 }) {
    this.#clock.observe(t1, t2, t3, t4);
    return this.#clock.estimate(t4, this.rootBoundMs);
  }

  /** @param {number} nowMs @returns {boolean} whether a ping has waited too long for its answer */
  isUnanswered(nowMs) {
    return this.#outstanding !== null && nowMs >= this.#outstanding.deadlineMs;
  }

  /** @param {number} delayMs */
  #schedule(delayMs) {
    this.#scheduler.clearTimeout(this.#timer);
    this.#timer = this.#scheduler.setTimeout(() => this.#ping(), Math.max(0, delayMs));
  }

  #ping() {
    if (!this.#running) return;
    if (this.#outstanding) {
      this.#due = true;
      return;
    }
    this.#due = false;
    if (this.#burstLeft > 0) this.#burstLeft -= 1;
    this.#n += 1;
    const t1 = this.#now();
    const message = { type: 'ping', n: this.#n, t1, ...(this.#previous ? { prev: this.#previous } : {}) };
    if (this.#send(message)) this.#outstanding = { n: this.#n, t1, deadlineMs: t1 + this.#answerLimitMs };
    // In a burst the next follows by the clock; otherwise the pong decides when.
    if (this.#burstLeft > 0 || !this.#outstanding) this.#schedule(this.#outstanding ? BURST_DELAY_MS : 1000);
  }
}
