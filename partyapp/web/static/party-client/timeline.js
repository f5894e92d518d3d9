// @ts-check
/**
 * The room's timeline, pure: where the media should be at an instant of party time.
 *
 * A command is scheduled a little ahead, so that every member acts at the same instant. Until then the
 * timeline before it holds. The next command may come before that instant: the server computes it as if the one
 * before had begun, so all that is scheduled is kept. `partyapp/party/domain/timeline.py` is the same for the
 * server, and `tests/golden` holds both to the same figures.
 */

/** @typedef {import('./types.js').Playback} Playback */
/** @typedef {import('./types.js').TimelinePoint} TimelinePoint */

/** Events of a connection after which the room's timeline may be another: `follow` is to be called. */
export const TIMELINE_EVENTS = ['welcome', 'playback', 'event', 'tick', 'ended'];
/** So many playbacks are kept at most, the newest: more than a person schedules within a lead. */
const MOST_KEPT = 32;

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
  const endS = durationS > 0 ? durationS : Infinity;
  return Math.min(Math.max(0, positionS), endS);
}

export class ScheduledTimeline {
  /** @type {Playback[]} By rising revision and by rising `at_ms`; each is in force from its `at_ms` on. */
  #playbacks = [];
  /** @type {string|null} */
  #videoId = null;
  /** A playback before this one was of another film. */
  #fromRevision = 0;

  /** @param {number} [durationS] length of the media in seconds */
  constructor(durationS = Infinity) {
    this.durationS = durationS;
  }

  /** Revision of the newest playback known, begun or not; 0 if there is none. */
  get revision() {
    return this.#playbacks.at(-1)?.revision ?? 0;
  }

  /**
   * Take a playback over. A newer revision takes the place of all that would have begun at its instant or after
   * it; what begins earlier stays. They may come in any order.
   * @param {Playback} playback
   * @param {number} nowMs party time now; -Infinity while it is not known yet
   * @returns {boolean} whether it changed anything
   */
  set(playback, nowMs) {
    const newer = this.#playbacks.filter(({ revision }) => revision > playback.revision);
    const isKnown = this.#playbacks.some(({ revision }) => revision === playback.revision);
    if (isKnown || (newer.length > 0 && newer[0].at_ms <= playback.at_ms)) return false;
    const older = this.#playbacks.filter(({ revision, at_ms }) => (
      revision < playback.revision && at_ms < playback.at_ms
    ));
    const kept = [...older, playback, ...newer];
    const begun = kept.filter(({ at_ms }) => at_ms <= nowMs).length;
    this.#playbacks = kept.slice(Math.max(begun - 1, kept.length - MOST_KEPT, 0));
    return this.#playbacks.includes(playback);
  }

  /**
   * Take over what a connection knows: its party, and the playback of the event that it has just dispatched.
   * @param {import('./types.js').Party} party
   * @param {Event|undefined} event one that was missed while disconnected comes after the party it led to
   * @param {number} nowMs party time now; -Infinity while it is not known yet
   */
  follow(party, event, nowMs) {
    // A snapshot may be older than what was known (a restored server): it replaces the timeline.
    const isOther = party.video.id !== this.#videoId;
    if (party.playback.revision < this.revision || isOther) this.clear();
    if (isOther && this.#videoId !== null) this.#fromRevision = party.playback.revision;
    this.#videoId = party.video.id;
    this.set(party.playback, nowMs);
    const missed = /** @type {CustomEvent|undefined} */ (event)?.detail?.playback;
    const isLate = missed?.revision < party.playback.revision;
    if (isLate && missed.revision >= this.#fromRevision) this.set(missed, nowMs);
    this.durationS = party.video.duration_s || Infinity;
  }

  /** Forget everything, so that a snapshot of any revision is taken next. */
  clear() {
    this.#playbacks = [];
  }

  /**
   * @param {number} tMs party time
   * @returns {Playback|null} the playback in force at that instant
   */
  playbackAt(tMs) {
    return this.#playbacks.filter(({ at_ms }) => at_ms <= tMs).at(-1) ?? null;
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
    const [first] = this.#playbacks;
    if (first) return { state: 'paused', positionS: positionAt(first, first.at_ms, this.durationS), rate: first.rate };
    return { state: 'stopped', positionS: 0, rate: 1 };
  }

  /**
   * @param {number} tMs party time
   * @returns {Playback|null} the scheduled playback that begins next after tMs
   */
  nextAfter(tMs) {
    return this.#playbacks.find(({ at_ms }) => at_ms > tMs) ?? null;
  }

  /**
   * @param {number} tMs party time
   * @returns {number|null} the instant after tMs at which a scheduled playback begins
   */
  nextChangeMs(tMs) {
    return this.nextAfter(tMs)?.at_ms ?? null;
  }
}
