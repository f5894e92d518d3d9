// @ts-check
/**
 * What a follower tells of itself: its error and verdict to the page, its place and state to the room.
 */
import { StatusReporter } from './status-reporter.js';
import { SyncVerdict } from './sync-verdict.js';

/** @import {MemberStatus, Skew} from './types.js' */

/** The page is told at most this often. */
const SKEW_PAUSE_MS = 250;

export class SyncTeller {
  #verdict;
  #reporter;
  #onSkew;
  #toldMs = -Infinity;

  /**
   * @param {object} parts
   * @param {number} parts.limitMs the room's limit for the verdict
   * @param {(status: MemberStatus) => boolean} parts.sendStatus
   * @param {(skew: Skew) => void} parts.onSkew
   */
  constructor({ limitMs, sendStatus, onSkew }) {
    this.#verdict = new SyncVerdict(limitMs);
    this.#reporter = new StatusReporter(sendStatus);
    this.#onSkew = onSkew;
    /** @type {Skew|null} The latest error, clock bound and verdict. */
    this.skew = null;
  }

  /** The room knows nothing of us: tell it afresh. */
  reset() {
    this.#reporter.reset();
  }

  /** @param {number} errorMs target minus position @param {number} boundMs of the clock @param {number} nowMs */
  judge(errorMs, boundMs, nowMs) {
    this.skew = { errorMs, boundMs, verdict: this.#verdict.update({ errorMs, boundMs, nowMs }) };
    if (nowMs - this.#toldMs < SKEW_PAUSE_MS) return;
    this.#toldMs = nowMs;
    this.#onSkew(this.skew);
  }

  /**
   * @param {object} found
   * @param {number} found.positionS where the member sees the video to be
   * @param {MemberStatus['state']} found.state
   * @param {number} found.revision of the party
   * @param {number} found.partyMs
   * @param {number} found.nowMs
   */
  report({ positionS, state, revision, partyMs, nowMs }) {
    const position_s = Math.max(0, Math.round(positionS * 1e4) / 1e4);
    this.#reporter.offer({ position_s, state, revision, sampled_at_ms: partyMs }, nowMs);
  }
}
