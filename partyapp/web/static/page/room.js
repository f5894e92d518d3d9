/**
 * One open party as the parts of its view share it: the connection, the party as it stands, who I am.
 * It holds no picture and draws nothing.
 */

import { PartyConnection, positionAt } from '/static/party-client/index.js';
import { warn } from './notices.js';
import { deviceId } from './storage.js';
import { controlReason } from './words.js';

export class Room {
  #firstParty;
  #life = new AbortController();

  /** `view` is the party's element; `firstParty` is what joining answered, until the welcome comes. */
  constructor(view, session, firstParty) {
    this.view = view;
    this.api = session.api;
    this.userId = session.user.id;
    this.#firstParty = firstParty;
    this.connection = new PartyConnection({ api: session.api, partyId: firstParty.id, deviceId: deviceId() });
    /** Whether the connection has been open before: a lost one is worded otherwise than a first one. */
    this.wasOpen = false;
    /** True from the moment this user leaves: what the server says about it then is no news. */
    this.leaving = false;
  }

  /** Aborted when the view closes; every listener and timer of the view hangs on it. */
  get signal() {
    return this.#life.signal;
  }

  get party() {
    return this.connection.party ?? this.#firstParty;
  }

  get isHost() {
    return this.party.host_id === this.userId;
  }

  /** Why I can't control the playback now, in words; null when I can. */
  get controlReason() {
    return controlReason(this.party, this.userId, this.connection.state, this.wasOpen);
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

  /** Where the party is in the video, in seconds; `fallbackS` while the clock is not known yet. */
  positionS(durationS, fallbackS) {
    const now = this.connection.partyTimeMs();
    const { playback } = this.party;
    if (playback.state === 'playing' && !Number.isFinite(now)) return fallbackS;
    return positionAt(playback, now ?? playback.at_ms, durationS);
  }

  /** A member's display name. */
  nameOf(userId) {
    return this.party.members?.find((member) => member.user_id === userId)?.display_name ?? 'Somebody';
  }

  /**
   * Sends a playback command, if I may. What goes wrong is told in words.
   * Answers the revision it led to, or null.
   */
  async command(action, fields = {}) {
    const reason = this.controlReason;
    if (reason) {
      warn(reason);
      return null;
    }
    try {
      return (await this.connection.command(action, fields)).revision;
    } catch (error) {
      if (!this.signal.aborted) warn(error);
      return null;
    }
  }

  close() {
    this.#life.abort();
    this.connection.close();
  }
}
