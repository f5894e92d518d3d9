/**
 * One open party as the parts of its view share it: the connection, the current party, this user. It draws
 * nothing.
 */

import { PartyConnection, positionAt } from '../party-client/index.js';
import { SEARCH_MS } from './dom.js';
import { showAlert } from './notices.js';
import { deviceId } from './storage.js';
import { controlReason, hasGrant } from './text.js';

/** A change of a player's state is reported and passed on within this time. */
const REPORTED_AFTER_MS = 3000;

export class Room {
  #firstParty;
  /** What people are called, also those who have left since. */
  #names = new Map();
  #lifetime = new AbortController();

  /** `view` is the party's element; `firstParty` is what joining answered, until the welcome comes. */
  constructor(view, session, firstParty) {
    this.view = view;
    this.api = session.api;
    this.userId = session.user.id;
    this.#firstParty = firstParty;
    this.connection = new PartyConnection({ api: session.api, partyId: firstParty.id, deviceId: deviceId() });
    /** Whether the connection has been open before; a lost one has another text than a first one. */
    this.wasOpen = false;
    /** True once this user leaves: the server's messages about it are not shown. */
    this.leaving = false;
    /** "takenOut" or "banned" once somebody has taken this user out. */
    this.takenOut = null;
    /** The party's code, where it was made anew since the welcome (`keepInviteCode`). */
    this.newCode = null;
    /** True while a seek is taken back, which is not offered to be taken back itself. */
    this.undoing = false;
    for (const type of ['welcome', 'event']) this.on(this.connection, type, () => this.#learnNames());
  }

  /** Aborted when the view closes; ends every listener and timer of the view. */
  get signal() {
    return this.#lifetime.signal;
  }

  get party() {
    return this.connection.party ?? this.#firstParty;
  }

  get isHost() {
    return this.party.host_id === this.userId;
  }

  /** The code that opens the party now. */
  get inviteCode() {
    return this.newCode ?? this.party.invite_code;
  }

  /** Whether nobody else is a member. */
  get isAlone() {
    return (this.party.members ?? []).every((member) => member.user_id === this.userId);
  }

  /** Whether this user has that right: `playback`, `queue`, `invite`, `moderate` or `chat`. */
  may(grant) {
    return hasGrant(this.party, this.userId, grant);
  }

  /** Whether this user may control the playback, connected or not. */
  get mayControl() {
    return this.may('playback');
  }

  /** Why this user can't control the playback now, as a sentence; null when they can. */
  get controlReason() {
    return controlReason(this.party, this.userId, this.connection.state, this.wasOpen);
  }

  /** The party's time, ms; this device's, which may be off by days, until it is known. */
  get nowMs() {
    return this.connection.partyTimeMs() ?? Date.now();
  }

  /** Whether the party is to begin by itself, on its date. */
  get waitsForDate() {
    const { playback, starts_at_ms: startsMs } = this.party;
    const nowMs = this.connection.partyTimeMs();
    return playback.state === 'playing' && startsMs !== null && playback.at_ms === startsMs && nowMs !== null && startsMs > nowMs;
  }

  /** Whether the party plays; one with a date is not playing before it. */
  get isPlaying() {
    return this.party.playback.state === 'playing' && !this.waitsForDate;
  }

  /** Whether the party plays, and every member's report since it began has come. */
  get hasPlayedForAWhile() {
    const { state, at_ms: sinceMs } = this.party.playback;
    return state === 'playing' && (this.connection.partyTimeMs() ?? sinceMs) - sinceMs > REPORTED_AFTER_MS;
  }

  /** The element with this `data-part` or `data-testid`. */
  part(name) {
    return this.view.querySelector(`[data-part="${name}"], [data-testid="${name}"]`);
  }

  /** Listens for as long as the view is open. */
  on(target, type, listener) {
    target.addEventListener(type, listener, { signal: this.signal });
  }

  /** Runs `act` every `ms` milliseconds for as long as the view is open. */
  every(ms, act) {
    const timer = window.setInterval(act, ms);
    this.signal.addEventListener('abort', () => window.clearInterval(timer));
  }

  /** Runs `act` once after `ms` milliseconds, unless the view is closed by then. */
  after(ms, act) {
    if (this.signal.aborted) return () => {};
    const timer = window.setTimeout(act, ms);
    this.signal.addEventListener('abort', () => window.clearTimeout(timer));
    return () => window.clearTimeout(timer);
  }

  /** Runs `act` when what is typed into `field` has not changed for a moment. */
  onSearch(field, act) {
    let cancel = () => {};
    this.on(field, 'input', () => {
      cancel();
      cancel = this.after(SEARCH_MS, act);
    });
  }

  /** Where the party is in the video, in seconds; `fallbackS` while the clock is not known yet. */
  positionS(durationS, fallbackS) {
    const now = this.connection.partyTimeMs();
    const { playback } = this.party;
    if (playback.state === 'playing' && !Number.isFinite(now)) return fallbackS;
    return positionAt(playback, now ?? playback.at_ms, durationS);
  }

  /** A member's display name, or a former one's. */
  nameOf(userId) {
    return this.party.members?.find((member) => member.user_id === userId)?.display_name ?? this.#names.get(userId) ?? 'Somebody';
  }

  #learnNames() {
    for (const { user_id, display_name } of this.party.members ?? []) this.#names.set(user_id, display_name);
  }

  /**
   * Sends a playback command, if this user may. An error is shown as an alert.
   * Answers the revision it led to, or null.
   */
  async command(action, fields = {}) {
    const reason = this.controlReason;
    if (reason) {
      showAlert(reason);
      return null;
    }
    try {
      return (await this.connection.command(action, fields)).revision;
    } catch (error) {
      if (!this.signal.aborted) showAlert(error);
      return null;
    }
  }

  close() {
    this.#lifetime.abort();
    this.connection.close();
  }
}
