// @ts-check
/**
 * What a follower reports: its error and verdict to the page, its position and state to the server.
 */
import { StatusReporter } from './status-reporter.js';
import { SyncVerdict } from './sync-verdict.js';

/** @import {MemberStatus, Skew} from './types.js' */

/** `onSkew` is called at most this often. */
const SKEW_PAUSE_MS = 250;

export class SyncReporter {
  #verdict;
  #statusReporter;
  #onSkew;
  #skewAtMs = -Infinity;

  /**
   * @param {object} parts
   * @param {number} parts.limitMs the room's limit for the verdict
   * @param {(status: MemberStatus) => boolean} parts.sendStatus
   * @param {(skew: Skew) => void} parts.onSkew
   */
  constructor({ limitMs, sendStatus, onSkew }) {
    this.#verdict = new SyncVerdict(limitMs);
    this.#statusReporter = new StatusReporter(sendStatus);
    this.#onSkew = onSkew;
    /** @type {Skew|null} The latest error, clock bound and verdict. */
    this.skew = null;
  }

  /**
   * Follow what the server wants: a status at once after a welcome, and then as often as it says.
   * @param {import('./listener-group.js').ListenerGroup} listeners
   * @param {EventTarget} connection
   */
  listen(listeners, connection) {
    listeners.add(connection, ['welcome'], (event) => {
      this.#statusReporter.reset();
      this.#statusReporter.setPace(/** @type {CustomEvent} */ (event).detail.pace?.status_ms);
    });
    listeners.add(connection, ['pace'], (event) => {
      this.#statusReporter.setPace(/** @type {CustomEvent} */ (event).detail.status_ms);
    });
  }

  /** @param {number} errorMs target minus position @param {number} boundMs of the clock @param {number} nowMs */
  judge(errorMs, boundMs, nowMs) {
    this.skew = { errorMs, boundMs, verdict: this.#verdict.update({ errorMs, boundMs, nowMs }) };
    if (nowMs - this.#skewAtMs < SKEW_PAUSE_MS) return;
    this.#skewAtMs = nowMs;
    this.#onSkew(this.skew);
  }

  /**
   * @param {object} found
   * @param {number} found.positionS where the member sees the video to be
   * @param {MemberStatus['state']} found.state
   * @param {import('./types.js').Party|null} found.party
   * @param {number} found.partyMs
   * @param {number} found.nowMs
   * @param {number|null} found.lengthS of the film by its file, where the party says another one
   */
  report({ positionS, state, party, partyMs, nowMs, lengthS }) {
    const position_s = Math.max(0, Math.round(positionS * 1e4) / 1e4);
    const length = lengthS === null ? {} : { duration_s: lengthS };
    const status = { position_s, state, revision: party?.revision ?? 0, sampled_at_ms: partyMs, ...length };
    this.#statusReporter.offer(status, party?.playback.revision ?? 0, nowMs, this.skew?.errorMs);
  }
}
