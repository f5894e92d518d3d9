// @ts-check
/**
 * Sends the status of this member's player: as often as the server wants it, once a second unless it says so,
 * and at once when its state or the party's playback changes.
 */

/** @typedef {import('./types.js').MemberStatus} MemberStatus */

const EVERY_MS = 1000;
/** A server may want statuses so often, and so seldom, ms. */
const LEAST_MS = 250;
const MOST_MS = 30_000;
/** A change is sent at once, but never faster than this: the server limits messages. */
const CHANGE_PAUSE_MS = 300;

export class StatusReporter {
  #send;
  #sentMs = -Infinity;
  /** @type {string|null} */
  #sentState = null;
  #sentPlayback = -1;
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
   */
  offer(status, playbackRevision, nowMs) {
    const same = status.state === this.#sentState && playbackRevision === this.#sentPlayback;
    const pauseMs = same ? this.#everyMs : CHANGE_PAUSE_MS;
    if (nowMs - this.#sentMs < pauseMs || !this.#send(status)) return;
    this.#sentMs = nowMs;
    this.#sentState = status.state;
    this.#sentPlayback = playbackRevision;
  }
}
