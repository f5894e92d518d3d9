// @ts-check
/** The length of a film as its file says, once it can be relied on. */

/** A file that is read on may still grow: a length counts once it was the same for so long, ms. */
const STEADY_MS = 5000;
/** A length this near to the end of what has been read may be no more than that, s. */
const READ_END_S = 1;
/** Lengths closer than this are the same, s: the server has the same limit. */
const SAME_S = 0.25;
const IDLE = 1;

export class FileLength {
  #lengthS = NaN;
  #sinceMs = 0;

  /**
   * @param {HTMLMediaElement} media
   * @param {number} knownS the party's; Infinity while it has none
   * @param {number} nowMs monotonic
   * @returns {number|null} the file's, if it is another one and certain
   */
  news(media, knownS, nowMs) {
    const { duration } = media;
    if (duration !== this.#lengthS) [this.#lengthS, this.#sinceMs] = [duration, nowMs];
    const isKnown = duration > 0 && Number.isFinite(duration) && nowMs - this.#sinceMs >= STEADY_MS;
    if (!isKnown || Math.abs(duration - knownS) <= SAME_S || isGrowing(media)) return null;
    return duration;
  }
}

/**
 * Some browsers take what they have read of a fragmented file for the whole.
 * @param {HTMLMediaElement} media
 * @returns {boolean}
 */
function isGrowing({ buffered, duration, networkState }) {
  if (!buffered || buffered.length === 0 || networkState === IDLE) return false;
  return buffered.end(buffered.length - 1) >= duration - READ_END_S;
}
