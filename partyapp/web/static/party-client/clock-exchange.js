// @ts-check
/**
 * When to exchange timestamps with the server, and the bookkeeping of it: a burst on join, reconnect and
 * wake-up, then as often as the estimator asks for; one outstanding at a time.
 */

/** @typedef {import('./types.js').Clock} Clock */
/** @typedef {import('./types.js').ClockEstimate} ClockEstimate */
/** @typedef {import('./types.js').Exchange} Exchange */
/** @typedef {import('./types.js').Scheduler} Scheduler */

const BURST_EXCHANGES = 8;
const BURST_PAUSE_MS = 100;
/** A pause counts as long from here on: then 5 s between exchanges do. */
const LONG_PAUSE_MS = 60_000;
/** Steady exchanges are spread by this share, so that members don't fall into step. */
const JITTER = 0.1;
/** The estimate is unsure while fewer exchanges than this are in it, */
const SURE_SAMPLES = 8;
/** or while its bound exceeds half the least round trip, which is what a clean path gives, by this. */
const SURE_MARGIN_MS = 15;
/** No answer to a ping for this long: the socket is dead. */
const UNANSWERED_MS = 10_000;
/** After a wake-up a live socket answers within this. */
const UNANSWERED_AFTER_WAKE_MS = 3000;

export class ClockExchange {
  #clock;
  #send;
  #now;
  #scheduler;
  #random;
  /** @type {unknown} */
  #timer = null;
  #running = false;
  #burstLeft = 0;
  #n = 0;
  /** @type {{n: number, t1: number, giveUpMs: number}|null} */
  #outstanding = null;
  /** A ping fell due while another was outstanding. */
  #due = false;
  /** @type {Exchange|null} */
  #previous = null;
  /** @type {string|number|null} */
  #epoch = null;
  #playing = false;
  #pausedSinceMs = 0;
  #steps = 0;

  /**
   * @param {object} parts
   * @param {Clock} parts.clock
   * @param {(message: object) => boolean} parts.send false if it could not be sent now
   * @param {() => number} parts.now member clock, ms
   * @param {Scheduler} parts.scheduler
   * @param {() => number} parts.random
   */
  constructor({ clock, send, now, scheduler, random }) {
    this.#clock = clock;
    this.#send = send;
    this.#now = now;
    this.#scheduler = scheduler;
    this.#random = random;
    this.#pausedSinceMs = now();
    /** Uncertainty of party time itself, as the server last said, ms. */
    this.rootBoundMs = 0;
  }

  /** Begin on a new socket, with a burst. What an older socket left unanswered is void. */
  start() {
    this.stop();
    this.#running = true;
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
  }

  /** Exchange 8 times, 100 ms apart, from now on. */
  burst() {
    if (!this.#running) return;
    this.#burstLeft = BURST_EXCHANGES;
    this.#schedule(0);
  }

  /** After a sleep: a burst, and less patience with what is outstanding. */
  wake() {
    if (this.#outstanding) this.#outstanding.giveUpMs = this.#now() + UNANSWERED_AFTER_WAKE_MS;
    this.burst();
  }

  /** @param {boolean} playing whether the room plays; exchanges get rarer when it has not for long */
  setPlaying(playing) {
    if (playing === this.#playing) return;
    this.#playing = playing;
    if (!playing) this.#pausedSinceMs = this.#now();
    // The wait of a long pause may still be running.
    else if (this.#running && this.#burstLeft === 0) this.#schedule(0);
  }

  /**
   * Hear the server's time base. A new one makes every exchange of the old one void.
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
    this.#steps = 0;
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
    const exchange = { n: sent.n, t1: sent.t1, t2: pong.t2, t3: pong.t3, t4 };
    this.#clock.observe(exchange.t1, exchange.t2, exchange.t3, exchange.t4);
    this.#previous = exchange;
    const estimate = this.#clock.estimate(t4, this.rootBoundMs);
    if (estimate.steps > this.#steps) this.#burstLeft = BURST_EXCHANGES;
    this.#steps = estimate.steps;
    if (this.#due) this.#schedule(0);
    else if (this.#burstLeft === 0) this.#schedule(this.#pauseMs(estimate) - (t4 - exchange.t1));
    return estimate;
  }

  /** @param {number} nowMs @returns {boolean} whether a ping has waited too long for its answer */
  isUnanswered(nowMs) {
    return this.#outstanding !== null && nowMs >= this.#outstanding.giveUpMs;
  }

  /** @param {ClockEstimate} estimate @returns {number} */
  #pauseMs(estimate) {
    const playing = this.#playing || this.#now() - this.#pausedSinceMs < LONG_PAUSE_MS;
    const unsure = estimate.samples < SURE_SAMPLES || estimate.boundMs > estimate.rttMinMs / 2 + SURE_MARGIN_MS;
    const base = this.#clock.nextDelayMs({ playing, unsure });
    return base * (1 + JITTER * (2 * this.#random() - 1));
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
    if (this.#send(message)) this.#outstanding = { n: this.#n, t1, giveUpMs: t1 + UNANSWERED_MS };
    // In a burst the next follows by the clock; otherwise the pong decides when.
    if (this.#burstLeft > 0 || !this.#outstanding) this.#schedule(this.#outstanding ? BURST_PAUSE_MS : 1000);
  }
}

/**
 * The smallest positive increment of a clock, in ms: browsers round it (0.1 ms in Chrome, 1 ms in
 * Firefox, up to 100 ms).
 * @param {() => number} now
 * @param {{increments?: number, maxReads?: number}} [bounds] stop after so many increments or reads
 * @returns {number} ms; 0 if the clock never moved
 */
export function measureQuantumMs(now, { increments = 8, maxReads = 20_000 } = {}) {
  let least = Infinity;
  let last = now();
  for (let reads = 0, seen = 0; reads < maxReads && seen < increments; reads += 1) {
    const next = now();
    if (next > last) {
      least = Math.min(least, next - last);
      seen += 1;
    }
    last = next;
  }
  return Number.isFinite(least) ? least : 0;
}
