// @ts-check
/** Sends the statuses of a member's player, and remembers the latest. */

/** @import {MemberStatus} from './types.js' */

/** At most so often, ms. */
const PAUSE_MS = 250;

export class StatusSender {
  #send;
  #videoId;
  #sentAtMs = -Infinity;
  /** @type {(MemberStatus & {video_id?: string})|null} */
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
    const videoId = this.#videoId();
    this.latest = videoId === null ? status : { ...status, video_id: videoId };
    if (nowMs - this.#sentAtMs < PAUSE_MS) return false;
    if (!this.#send({ ...this.latest, type: 'status' })) return false;
    this.#sentAtMs = nowMs;
    return true;
  }
}
