// @ts-check
/**
 * Sends the status of this member's player: as often as the server wants it, once a second unless it says so,
 * at once when its state or the party's playback changes, and within a second when its error does.
 */

/** @typedef {import('./types.js').MemberStatus} MemberStatus */

const EVERY_MS = 1000;
/** A server may want statuses so often, and so seldom, ms. */
const LEAST_MS = 250;
const MOST_MS = 30_000;
/** A change is sent at once, but never faster than this: the server limits messages. */
const CHANGE_PAUSE_MS = 300;
/** An error that has changed by more than this is news, ms: a frame's length lies below it. */
const ERROR_NEWS_MS = 25;

export class StatusReporter {
  #send;
  #sentMs = -Infinity;
  /** @type {string|null} */
  #sentState = null;
  #sentPlayback = -1;
  #sentErrorMs = 0;
  #everyMs = EVERY_MS;

  /** @param {(status: MemberStatus) => boolean} send whether it was sent */
  constructor(send) {
    this.#send = send;
  }

  /** Send the next one at once: after a reconnect the server has no status of this member. */
  reset() {
    this.#sentMs = -Infinity;
    this.#sentState = null;
  }

  /** @param {unknown} statusMs how often the server wants a status; what is no such time changes nothing */
  setPace(statusMs) {
    if (typeof statusMs === 'number' && statusMs >= LEAST_MS && statusMs <= MOST_MS) this.#everyMs = statusMs;
  }

  /**
   * Report if it is time to.
   * @param {MemberStatus} status
   * @param {number} playbackRevision that of the playback which the player follows
   * @param {number} nowMs monotonic
   * @param {number} [errorMs] of the player, target minus position, where it is known
   */
  offer(status, playbackRevision, nowMs, errorMs = this.#sentErrorMs) {
    if (nowMs - this.#sentMs < this.#pauseMs(status, playbackRevision, errorMs) || !this.#send(status)) return;
    this.#sentMs = nowMs;
    this.#sentErrorMs = errorMs;
    this.#sentState = status.state;
    this.#sentPlayback = playbackRevision;
  }

  /**
   * How long after the last one the next may be sent, ms.
   * @param {MemberStatus} status @param {number} playbackRevision @param {number} errorMs
   */
  #pauseMs(status, playbackRevision, errorMs) {
    if (status.state !== this.#sentState || playbackRevision !== this.#sentPlayback) return CHANGE_PAUSE_MS;
    const isNews = Math.abs(errorMs - this.#sentErrorMs) > ERROR_NEWS_MS;
    return isNews ? Math.min(this.#everyMs, EVERY_MS) : this.#everyMs;
  }
}
