// @ts-check
/**
 * A TimingProvider over a party, for the W3C Timing Object (https://webtiming.github.io/timingobject/) and
 * whatever follows one, such as the packages `timing-object` and `timingsrc`.
 *
 * The vector's timestamps are party time in seconds, and `skew` is party time minus the member's clock, so
 * that a better estimate of the clock moves no vector. A command that is scheduled changes the vector when
 * it begins, not before.
 */
import { systemScheduler } from './scheduler.js';
import { ScheduledTimeline } from './timeline.js';

/** @import {ClockEstimate, CommandAction, CommandFields, ConnectionState, Party, Scheduler} from './types.js' */

/** @typedef {{position: number, velocity: number, acceleration: number, timestamp: number}} TimingStateVector */
/** @typedef {{position?: number|null, velocity?: number|null, acceleration?: number|null}} TimingStateVectorUpdate */
/** @typedef {'connecting'|'open'|'closing'|'closed'} TimingReadyState */

/**
 * What the provider needs of a PartyConnection.
 * @typedef {EventTarget & {party: Party|null, state: ConnectionState, partyTimeMs: (localMs?: number) => number|null,
 *   estimate: () => ClockEstimate|null,
 *   command: (action: CommandAction, fields?: CommandFields) => Promise<{revision: number}>}} ProvidedConnection
 */

/** A change of the clock's estimate below this is no `adjust`, in seconds. */
const SKEW_STEP_S = 0.0002;

export class PartyTimingProvider extends EventTarget {
  #connection;
  #scheduler;
  #timeline = new ScheduledTimeline();
  #lifetime = new AbortController();
  /** @type {TimingReadyState} */
  #readyState = 'connecting';
  #skew = 0;
  #endPosition = Infinity;
  /** @type {TimingStateVector} */
  #vector = { position: 0, velocity: 0, acceleration: 0, timestamp: 0 };
  /** @type {Error|null} */
  #error = null;
  /** @type {unknown} */
  #timer = null;
  /** @type {((event: Event) => void)|null} */
  onadjust = null;
  /** @type {((event: Event) => void)|null} */
  onchange = null;
  /** @type {((event: Event) => void)|null} */
  onreadystatechange = null;

  /**
   * @param {{connection: ProvidedConnection, scheduler?: Scheduler}} options
   */
  constructor({ connection, scheduler = systemScheduler }) {
    super();
    this.#connection = connection;
    this.#scheduler = scheduler;
    const { signal } = this.#lifetime;
    for (const type of ['welcome', 'playback', 'event', 'tick', 'clock']) {
      connection.addEventListener(type, (event) => this.#refresh(event), { signal });
    }
    connection.addEventListener('state', () => this.#noteState(), { signal });
    connection.addEventListener('problem', (event) => {
      this.#error = /** @type {CustomEvent} */ (event).detail?.problem ?? null;
    }, { signal });
    this.#refresh();
  }

  /** The error that closed it, or null. Not in the draft; `timing-object` reads it. */
  get error() {
    return this.#readyState === 'closed' ? this.#error : null;
  }

  /** `connecting` until the party and its clock are known; a lost connection is still `open`: time goes on. */
  get readyState() {
    return this.#readyState;
  }

  /** Party time minus the member's clock, in seconds. */
  get skew() {
    return this.#skew;
  }

  get startPosition() {
    return 0;
  }

  get endPosition() {
    return this.#endPosition;
  }

  get vector() {
    return this.#vector;
  }

  /**
   * Ask the party for another movement. It changes when the party does, for every member.
   * @param {TimingStateVectorUpdate} newVector
   * @returns {Promise<void>} rejects with a ProblemError, or with a RangeError for what a party can't do
   */
  async update(newVector) {
    const { position, velocity, acceleration } = newVector ?? {};
    if (this.#readyState !== 'open') throw new DOMException('The timing provider is not open.', 'InvalidStateError');
    if (acceleration) throw new RangeError('A party has no acceleration.');
    if (velocity != null && !(velocity >= 0)) throw new RangeError('A party does not play backwards.');
    if (position != null && !(position >= 0)) throw new RangeError('A position is not negative.');
    const place = position == null ? {} : { position_s: Math.min(position, this.#endPosition) };
    if (velocity != null && velocity > 0 && velocity !== this.#vector.velocity) {
      await this.#connection.command('play', { rate: velocity, ...place });
      return;
    }
    if (velocity === 0 && this.#vector.velocity !== 0) await this.#connection.command('pause');
    if (position != null) await this.#connection.command('seek', place);
  }

  /** Let the connection go; the provider is closed for good. */
  destroy() {
    this.#lifetime.abort();
    this.#scheduler.clearTimeout(this.#timer);
    this.#setReadyState('closed');
  }

  /** @param {Event} [event] of the connection */
  #refresh(event) {
    const { party } = this.#connection;
    const partyMs = this.#connection.partyTimeMs();
    const estimate = this.#connection.estimate();
    if (!party || partyMs === null || !estimate) return;
    this.#setSkew(estimate.offsetMs / 1000);
    this.#timeline.follow(party, event, partyMs);
    this.#endPosition = this.#timeline.durationS;
    this.#setVector(partyMs);
    this.#setReadyState('open');
    this.#awaitChange(partyMs);
  }

  /** @param {number} partyMs */
  #awaitChange(partyMs) {
    this.#scheduler.clearTimeout(this.#timer);
    const changeMs = this.#timeline.nextChangeMs(partyMs);
    if (changeMs === null) return;
    this.#timer = this.#scheduler.setTimeout(() => this.#refresh(), Math.max(1, changeMs - partyMs));
  }

  /** @param {number} partyMs */
  #setVector(partyMs) {
    const playback = this.#timeline.playbackAt(partyMs);
    const point = this.#timeline.at(partyMs);
    const atMs = playback ? playback.at_ms : partyMs;
    const vector = {
      position: playback ? Math.max(0, playback.position_s) : point.positionS,
      // At the end a party stands still, even before the server's event.
      velocity: point.state === 'playing' && point.positionS < this.#endPosition ? point.rate : 0,
      acceleration: 0,
      timestamp: atMs / 1000,
    };
    if (vector.velocity === 0) vector.position = point.positionS;
    const { position, velocity, timestamp } = this.#vector;
    if (vector.position === position && vector.velocity === velocity && vector.timestamp === timestamp) return;
    this.#vector = vector;
    this.#emit('change');
  }

  /** @param {number} skew seconds */
  #setSkew(skew) {
    if (Math.abs(skew - this.#skew) < SKEW_STEP_S) return;
    this.#skew = skew;
    this.#emit('adjust');
  }

  #noteState() {
    if (this.#connection.state === 'closed') this.destroy();
  }

  /** @param {TimingReadyState} readyState */
  #setReadyState(readyState) {
    if (readyState === this.#readyState || this.#readyState === 'closed') return;
    this.#readyState = readyState;
    this.#emit('readystatechange');
  }

  /** @param {'adjust'|'change'|'readystatechange'} type */
  #emit(type) {
    const event = new Event(type);
    this[`on${type}`]?.(event);
    this.dispatchEvent(event);
  }
}
