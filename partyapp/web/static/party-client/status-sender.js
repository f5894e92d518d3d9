// @ts-check
/** Sends the statuses of a member's player, and remembers the latest. */

/** @import {MemberStatus} from './types.js' */

/** At most so often, ms. */
const PAUSE_MS = 250;

export class StatusSender {
  #send;
  #videoId;
  #sentAtMs = -Infinity;
  /** @type {MemberStatus|null} */
  latest = null;

  /**
   * @param {(message: object) => boolean} send
   * @param {() => string|null} videoId of the film that the status is about, for a server that knows that films change
   */
  constructor(send, videoId) {
    this.#send = send;
    this.#videoId = videoId;
  }

  /** @param {MemberStatus} status @param {number} nowMs @returns {boolean} whether it was sent */
  offer(status, nowMs) {
    this.latest = status;
    if (nowMs - this.#sentAtMs < PAUSE_MS) return false;
    const videoId = this.#videoId();
    const video = videoId === null ? {} : { video_id: videoId };
    if (!this.#send({ ...status, ...video, type: 'status' })) return false;
    this.#sentAtMs = nowMs;
    return true;
  }
}
