// @ts-check
/**
 * The bearer token, kept fresh: it is renewed before it ends, at a moment that differs from client to client,
 * and again with growing pauses when that fails. Each fresh token is dispatched as `token`, with the token as
 * its `detail`; once the backend has refused to renew it, `refused` is, with the ProblemError.
 */
import { ProblemError } from './problem.js';
import { fullJitterMs, systemScheduler } from './scheduler.js';

/** @typedef {import('./types.js').Scheduler} Scheduler */
/** @typedef {import('./rest.js').SignedIn} SignedIn */

/** A token is renewed when so much of its life is over, the same and a part of this more. */
const RENEW_AFTER = 0.6;
const SPREAD = 0.2;
/** The pauses after failures grow up to this, ms; */
const LONGEST_PAUSE_MS = 60_000;
/** after so many in a row it is left to the next request that the backend refuses. */
const MAX_FAILURES = 30;
/** The longest delay that a timer takes, ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class TokenSource extends EventTarget {
  #renew;
  #scheduler;
  #random;
  /** @type {string|null} */
  #token;
  #failures = 0;
  /** @type {unknown} */
  #timer = null;
  /** @type {Promise<SignedIn>|null} */
  #renewal = null;

  /**
   * @param {object} parts
   * @param {() => Promise<SignedIn>} parts.renew asks for a fresh token once
   * @param {string|null} [parts.token]
   * @param {Scheduler} [parts.scheduler]
   * @param {() => number} [parts.random] uniform in [0, 1)
   */
  constructor({ renew, token = null, scheduler = systemScheduler, random = Math.random }) {
    super();
    this.#renew = renew;
    this.#token = token;
    this.#scheduler = scheduler;
    this.#random = random;
  }

  get token() {
    return this.#token;
  }

  /** Another token, or none. How long it holds is not known, so it is not renewed by itself. */
  set token(token) {
    if (token === this.#token) return;
    this.#scheduler.clearTimeout(this.#timer);
    this.#failures = 0;
    this.#renewal = null;
    this.#token = token;
  }

  /**
   * Take over the token of a sign-in, and renew it in time.
   * @template {SignedIn} T
   * @param {T} signedIn
   * @returns {T} the same
   */
  adopt(signedIn) {
    this.token = signedIn.access_token;
    const lifeMs = Math.max(0, Number(signedIn.expires_in) * 1000) || 0;
    if (lifeMs > 0) this.#renewIn(lifeMs * (RENEW_AFTER + SPREAD * this.#random()));
    this.dispatchEvent(new CustomEvent('token', { detail: this.#token }));
    return signedIn;
  }

  /**
   * Renew now. Whoever asks meanwhile gets the same answer.
   * @returns {Promise<SignedIn>}
   */
  renewNow() {
    if (this.#renewal) return this.#renewal;
    const before = this.#token;
    const renewal = this.#renew().then((signedIn) => {
      // Somebody else may have signed in meanwhile: theirs stays.
      return this.#token === before ? this.adopt(signedIn) : signedIn;
    });
    this.#renewal = renewal;
    const done = () => {
      if (this.#renewal === renewal) this.#renewal = null;
    };
    renewal.then(done, done);
    return renewal;
  }

  /**
   * The backend has refused this token: get another one.
   * @param {string} token
   * @returns {Promise<boolean>} whether there is one
   */
  async replaced(token) {
    if (this.#token !== token) return this.#token !== null;
    try {
      await this.renewNow();
      return true;
    } catch {
      return false;
    }
  }

  /** @param {number} delayMs */
  #renewIn(delayMs) {
    this.#scheduler.clearTimeout(this.#timer);
    this.#timer = this.#scheduler.setTimeout(() => void this.#renewSoon(), Math.min(delayMs, LONGEST_TIMER_MS));
    // Node would stay alive for it.
    /** @type {any} */ (this.#timer)?.unref?.();
  }

  async #renewSoon() {
    const before = this.#token;
    try {
      await this.renewNow();
    } catch (thrown) {
      if (this.#token !== before) return;
      const error = ProblemError.from(thrown);
      const isFinal = error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429;
      this.#failures += 1;
      if (isFinal || this.#failures >= MAX_FAILURES) {
        this.dispatchEvent(new CustomEvent('refused', { detail: error }));
        return;
      }
      const pauseMs = fullJitterMs(this.#failures, { capMs: LONGEST_PAUSE_MS, random: this.#random });
      this.#renewIn((error.retryAfterMs ?? 0) + pauseMs);
    }
  }
}
