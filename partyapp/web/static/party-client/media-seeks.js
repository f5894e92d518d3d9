// @ts-check
/**
 * The seeks of a media element: whether one can be made, where the one under way goes, and whether it got there.
 *
 * An element that plays a film which is fed to it, or whose server has stopped answering, seeks for as long as nothing
 * comes. So a seek is given a moment, and no more if it is wanted elsewhere by then.
 */
import { HAVE_METADATA } from './ready-state.js';

/** A seek that ends further from its aim than this went elsewhere, */
const MISSED_S = 1.5;
/** and after so many in a row none is tried for a while: without byte ranges each of them ends at the start. */
const MOST_MISSES = 2;
const NO_SEEK_MS = 60_000;
/** So long a seek is left alone, wherever else it is wanted: nearly all have ended by then. */
const GRACE_MS = 500;
/** One whose place is loaded and that does not end was lost by the browser; the waits for the next double. */
const LOST_MS = 10_000;
const LONGEST_LOST_MS = 160_000;

export class MediaSeeks {
  #media;
  #now;
  #onUnseekable;
  /** @type {{placeS: number, atMs: number}|null} The seek under way, if it is ours. */
  #aim = null;
  #misses = 0;
  #lostMs = LOST_MS;
  #noSeekBeforeMs = -Infinity;
  #wasTold = false;
  #onSeeked = () => this.#judge();

  /**
   * @param {object} parts
   * @param {HTMLMediaElement} parts.media
   * @param {() => number} parts.now ms
   * @param {() => void} parts.onUnseekable seeks don't end where they should; once for each film
   */
  constructor({ media, now, onUnseekable }) {
    this.#media = media;
    this.#now = now;
    this.#onUnseekable = onUnseekable;
  }

  start() {
    this.#media.addEventListener('seeked', this.#onSeeked);
  }

  stop() {
    this.#media.removeEventListener('seeked', this.#onSeeked);
  }

  /** @param {number} placeS @returns {boolean} false if this film can't be sought there, which is told */
  allows(placeS) {
    if (this.#now() >= this.#noSeekBeforeMs && this.#reaches(placeS)) return true;
    this.#noteUnseekable();
    return false;
  }

  /** @param {number} placeS that is allowed */
  seek(placeS) {
    this.#aim = { placeS, atMs: this.#now() };
    this.#media.currentTime = placeS;
  }

  /**
   * Whether it seeks, and will not get where it is wanted.
   * @param {number} wantedS where it is wanted now, s
   * @param {number} rate at which that moves; 0 where it stands still
   */
  isAstray(wantedS, rate) {
    if (!this.#aim || !this.#media.seeking) return false;
    const passedMs = this.#now() - this.#aim.atMs;
    if (passedMs < GRACE_MS) return false;
    if (Math.abs(wantedS - this.#aim.placeS - (rate * passedMs) / 1000) > MISSED_S) return true;
    if (passedMs < this.#lostMs || !this.#isLoaded(this.#aim.placeS)) return false;
    this.#lostMs = Math.min(2 * this.#lostMs, LONGEST_LOST_MS);
    return true;
  }

  /** Another film, or the same one anew. */
  forget() {
    this.#aim = null;
    this.#misses = 0;
    this.#lostMs = LOST_MS;
    this.#noSeekBeforeMs = -Infinity;
    this.#wasTold = false;
  }

  /** @param {number} placeS @returns {boolean} whether the browser says that it could go there */
  #reaches(placeS) {
    const { seekable, readyState } = this.#media;
    if (!seekable || readyState < HAVE_METADATA) return true;
    return isWithin(seekable, placeS, MISSED_S);
  }

  /** @param {number} placeS */
  #isLoaded(placeS) {
    return Boolean(this.#media.buffered) && isWithin(this.#media.buffered, placeS, 0);
  }

  #judge() {
    const aim = this.#aim;
    this.#aim = null;
    if (aim === null) return;
    this.#lostMs = LOST_MS;
    // It may have played on for a while before the page came to hear of its end.
    const passedS = ((this.#now() - aim.atMs) / 1000) * Math.abs(this.#media.playbackRate);
    const offS = this.#media.currentTime - aim.placeS;
    this.#misses = offS < -MISSED_S || offS > MISSED_S + passedS ? this.#misses + 1 : 0;
    if (this.#misses < MOST_MISSES) return;
    this.#noSeekBeforeMs = this.#now() + NO_SEEK_MS;
    this.#noteUnseekable();
  }

  #noteUnseekable() {
    if (!this.#wasTold) this.#onUnseekable();
    this.#wasTold = true;
  }
}

/** @param {TimeRanges} ranges @param {number} placeS @param {number} slackS */
function isWithin(ranges, placeS, slackS) {
  for (let index = 0; index < ranges.length; index += 1) {
    if (placeS > ranges.start(index) - slackS && placeS < ranges.end(index) + slackS) return true;
  }
  return false;
}
