// @ts-check
/**
 * The room's timeline, pure: where the media should be at an instant of party time.
 *
 * A command is scheduled a little ahead, so that every member acts at the same instant. Until then the
 * timeline before it holds; a newer revision cancels one that has not begun.
 */

/** @typedef {import('./types.js').Playback} Playback */
/** @typedef {import('./types.js').TimelinePoint} TimelinePoint */

/**
 * The media position of a playback at an instant, never negative and never past the end.
 * @param {Playback} playback
 * @param {number} partyTimeMs
 * @param {number} [durationS] length of the media in seconds; without end by default
 * @returns {number} seconds. Before `at_ms` it is the position the playback starts from.
 */
export function positionAt(playback, partyTimeMs, durationS = Infinity) {
  const elapsedS = playback.state === 'playing' ? Math.max(0, partyTimeMs - playback.at_ms) / 1000 : 0;
  const positionS = playback.position_s + playback.rate * elapsedS;
  // A video whose length is unknown (NaN in a media element) has no end here.
  const endS = durationS >= 0 ? durationS : Infinity;
  return Math.min(Math.max(0, positionS), endS);
}

export class ScheduledTimeline {
  /** @type {Playback|null} */
  #current = null;
  /** @type {Playback|null} */
  #next = null;

  /** @param {number} [durationS] length of the media in seconds */
  constructor(durationS = Infinity) {
    this.durationS = durationS;
  }

  /** Revision of the newest playback known, begun or not; 0 if there is none. */
  get revision() {
    return (this.#next ?? this.#current)?.revision ?? 0;
  }

  /** @returns {Playback|null} the playback that is scheduled and was not due when last set */
  get scheduled() {
    return this.#next;
  }

  /**
   * Take a playback over, unless it is not newer than the newest known.
   * @param {Playback} playback
   * @param {number} nowMs party time now; -Infinity while it is not known yet
   * @returns {boolean} whether it was taken
   */
  set(playback, nowMs) {
    if (playback.revision <= this.revision) return false;
    if (this.#next && this.#next.at_ms <= nowMs) this.#current = this.#next;
    // What was scheduled and has not begun is cancelled: its predecessor holds until the newer one begins.
    this.#next = null;
    if (playback.at_ms > nowMs) this.#next = playback;
    else this.#current = playback;
    return true;
  }

  /** Forget everything, so that a snapshot of any revision is taken next. */
  clear() {
    this.#current = null;
    this.#next = null;
  }

  /**
   * @param {number} tMs party time
   * @returns {Playback|null} the playback in force at that instant
   */
  playbackAt(tMs) {
    if (this.#next && (tMs >= this.#next.at_ms)) return this.#next;
    return this.#current;
  }

  /**
   * @param {number} tMs party time
   * @returns {TimelinePoint}
   */
  at(tMs) {
    const playback = this.playbackAt(tMs);
    if (playback) {
      return { state: playback.state, positionS: positionAt(playback, tMs, this.durationS), rate: playback.rate };
    }
    // Nothing is known of the time before the very first one: wait where it will begin.
    const first = this.#next;
    if (first) return { state: 'paused', positionS: positionAt(first, first.at_ms, this.durationS), rate: first.rate };
    return { state: 'stopped', positionS: 0, rate: 1 };
  }

  /**
   * @param {number} tMs party time
   * @returns {number|null} the instant after tMs at which a scheduled playback begins
   */
  nextChangeMs(tMs) {
    return this.#next && this.#next.at_ms > tMs ? this.#next.at_ms : null;
  }
}
