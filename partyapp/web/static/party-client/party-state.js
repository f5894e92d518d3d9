// @ts-check
/**
 * The client's copy of a party, kept in the order of its revisions.
 *
 * A revision that is not newer changes nothing; one that skips a number is a gap, after which the connection
 * resumes. A playback is taken over even across a gap (it describes the whole timeline), but `revision` stays at
 * the last one without a gap, where a resume begins.
 */

import { LISTED, atRest, counted, partyAfter } from './party-events.js';

/** @typedef {import('./types.js').Party} Party */
/** @typedef {import('./types.js').Crowd} Crowd */
/** @typedef {import('./types.js').Playback} Playback */
/** @typedef {import('./types.js').Member} Member */
/** @typedef {import('./types.js').PartyEvent} PartyEvent */

export class PartyState {
  /** @type {Party|null} A new object with every change; never changed in place. */
  party = null;
  /** The newest event that listeners have seen, which may trail the snapshot while a resume replays. */
  #seen = 0;

  /** The last revision without a gap; 0 before the first snapshot. */
  get revision() {
    return this.party?.revision ?? 0;
  }

  /** The last event listeners have seen without a gap: where to resume from. 0 before the first snapshot. */
  get resumeFrom() {
    return Math.min(this.#seen, this.revision);
  }

  /** Whether only those members are known whom the welcome has listed. */
  get isLarge() {
    return (this.party?.member_count ?? 0) > LISTED;
  }

  /**
   * Take a snapshot over. The first on a socket is always accepted; a later one only if it is not older.
   * @param {Party} party
   * @param {boolean} firstOnSocket
   * @returns {boolean} whether it was taken
   */
  applyWelcome(party, firstOnSocket) {
    if (!firstOnSocket && party.revision < this.revision) return false;
    // On a first join nothing was missed; on a resume the missed events follow and are yet to be seen.
    if (this.party === null || party.revision < this.#seen || !firstOnSocket) this.#seen = party.revision;
    // A server of the version before lists everybody and counts nobody.
    this.party = party.member_count === undefined ? counted({ ...party, member_count: party.members.length }) : party;
    return true;
  }

  /**
   * @param {number} revision
   * @param {Playback} playback
   * @returns {'applied'|'stale'|'gap'}
   */
  applyPlayback(revision, playback) {
    const order = this.#advance(revision);
    this.#takePlayback(playback);
    return order;
  }

  /**
   * @param {PartyEvent} event
   * @param {{member?: Member, host_id?: string, playback?: Playback}} more the other fields of the message
   * @returns {'applied'|'replayed'|'stale'|'gap'} `replayed`: missed while disconnected, and in the snapshot already
   */
  applyEvent(event, { member, host_id, playback }) {
    if (event.revision <= this.revision && event.revision > this.#seen) {
      this.#seen = event.revision;
      return 'replayed';
    }
    const order = this.#advance(event.revision);
    if (playback) this.#takePlayback(playback);
    if (order === 'applied' && this.party) this.party = partyAfter(this.party, event, member, host_id);
    return order;
  }

  /**
   * @param {number} revision
   * @param {Playback} playback
   * @returns {boolean} whether this copy is behind
   */
  applyTick(revision, playback) {
    this.#takePlayback(playback);
    return revision > this.revision;
  }

  /** @param {Array<Pick<Member, 'user_id'|'online'|'sync'>>} presences */
  applyPresence(presences) {
    if (!this.party) return;
    const byId = new Map(presences.map((presence) => [presence.user_id, presence]));
    const members = this.party.members.map((member) => ({ ...member, ...byId.get(member.user_id) }));
    this.party = counted({ ...this.party, members });
  }

  /** @param {Crowd} crowd */
  applyCrowd({ online_count }) {
    if (this.party && online_count >= 0) this.party = { ...this.party, online_count };
  }

  /** @param {import('./types.js').Video} video @returns {boolean} false for another film than the party's */
  applyVideo(video) {
    if (!this.party || video?.id !== this.party.video.id) return false;
    // How long the party takes its film to be comes by an event, in its order.
    this.party = { ...this.party, video: { ...video, duration_s: this.party.video.duration_s } };
    return true;
  }

  /** @param {number|undefined} revision @param {number|null} atMs when it ended, in party time */
  applyEnded(revision, atMs) {
    if (!this.party) return;
    const last = Math.max(this.revision, revision ?? 0);
    const ended_at_ms = this.party.ended_at_ms ?? atMs;
    this.party = { ...this.party, state: 'ended', ended_at_ms, revision: last, playback: atRest(this.party.playback) };
    this.#seen = last;
  }

  /** @param {number} revision @returns {'applied'|'stale'|'gap'} */
  #advance(revision) {
    if (!this.party) return 'gap';
    if (revision <= this.revision) return 'stale';
    if (revision > this.revision + 1) return 'gap';
    this.party = { ...this.party, revision };
    this.#seen = revision;
    return 'applied';
  }

  /** @param {Playback} playback */
  #takePlayback(playback) {
    if (!this.party || !playback || playback.revision <= this.party.playback.revision) return;
    this.party = { ...this.party, playback };
  }
}
