// @ts-check
/**
 * Sends the status of this member's player: once a second, and at once when its state changes.
 */

/** @typedef {import('./types.js').MemberStatus} MemberStatus */

const EVERY_MS = 1000;
/** A change is sent at once, but never faster than this: the server limits messages. */
const CHANGE_PAUSE_MS = 300;

export class StatusReporter {
  #send;
  #sentMs = -Infinity;
  /** @type {string|null} */
  #sentState = null;

  /** @param {(status: MemberStatus) => boolean} send whether it was sent */
  constructor(send) {
    this.#send = send;
  }

  /** Send the next one at once: after a reconnect the server has no status of this member. */
  reset() {
    this.#sentMs = -Infinity;
    this.#sentState = null;
  }

  /**
   * Report if it is time to.
   * @param {MemberStatus} status
   * @param {number} nowMs monotonic
   */
  offer(status, nowMs) {
    const pauseMs = status.state === this.#sentState ? EVERY_MS : CHANGE_PAUSE_MS;
    if (nowMs - this.#sentMs < pauseMs || !this.#send(status)) return;
    this.#sentMs = nowMs;
    this.#sentState = status.state;
  }
}
