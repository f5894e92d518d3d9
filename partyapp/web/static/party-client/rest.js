// @ts-check
/** The REST half of the contract. */
import { AccountApi } from './account-api.js';
import { ChannelsApi } from './channels-api.js';
import { ChatApi } from './chat-api.js';
import { FilmsApi } from './films-api.js';
import { partyPath } from './party-path.js';
import { PeopleApi } from './people-api.js';
import { QueueApi } from './queue-api.js';
import { Requests, queryOf } from './requests.js';
import { readerOf } from './own-addresses.js';
import { systemScheduler } from './scheduler.js';
import { TokenSource } from './token-source.js';

/** @typedef {import('./types.js').Party} Party */
/** @typedef {import('./types.js').PartyEvent} PartyEvent */
/** @typedef {import('./types.js').Playback} Playback */
/** @typedef {import('./types.js').PartySummary} PartySummary */
/** @typedef {import('./types.js').Member} Member */
/** @typedef {import('./types.js').Video} Video */
/** @typedef {import('./types.js').Scheduler} Scheduler */
/** @typedef {import('./types.js').InvitePreview} InvitePreview */
/**
 * @typedef {{access_token: string, token_type: string, expires_in: number,
 *   user: {id: string, display_name: string}}} SignedIn expires_in in s
 */

export class PartyApi {
  #requests;

  /**
   * @param {object} [options]
   * @param {string} [options.baseUrl] where the backend is, with its path if any; the page's own origin by default
   * @param {string|null} [options.publicUrl] what the backend calls itself: addresses of its files that begin so are
   *   read as beginning with `baseUrl`
   * @param {string|null} [options.token] bearer token; `guest()` sets it
   * @param {typeof fetch} [options.fetchImpl]
   * @param {Scheduler} [options.scheduler]
   * @param {() => number} [options.random] uniform in [0, 1)
   */
  constructor({
    baseUrl = globalThis.location?.origin,
    publicUrl = null,
    token = null,
    fetchImpl = (input, init) => globalThis.fetch(input, init),
    scheduler = systemScheduler,
    random = Math.random,
  } = {}) {
    if (!baseUrl) throw new TypeError('PartyApi needs a baseUrl outside of a page');
    this.baseUrl = baseUrl.replace(/\/+$/, '');
    /** What is read of the backend's answers and messages. */
    this.read = readerOf(this.baseUrl, publicUrl);
    /** The token, renewed before it ends. A fresh one is dispatched as `token`. */
    this.tokens = new TokenSource({ renew: () => this.#renew(), token, scheduler, random });
    this.#requests = new Requests({ baseUrl: this.baseUrl, read: this.read, tokens: this.tokens, fetchImpl, scheduler, random });
    /** Signing in at the operator's provider, where there is one. */
    this.account = new AccountApi(this.#requests);
    /** The films of this person: to look for, to add, to change and to prepare. */
    this.films = new FilmsApi(this.#requests);
    /** Who is in a party, what they may do there, and who gets in. */
    this.people = new PeopleApi(this.#requests);
    /** The films of a party, one after the other. */
    this.queue = new QueueApi(this.#requests);
    /** What is said in a party. */
    this.chat = new ChatApi(this.#requests);
    /** Where one's notifications go beside the page. */
    this.channels = new ChannelsApi(this.#requests);
  }

  /** The bearer token; null while nobody is signed in. */
  get token() {
    return this.tokens.token;
  }

  /** One from elsewhere is renewed once the backend refuses it, or by `renew()`. */
  set token(token) {
    this.tokens.token = token;
  }

  /**
   * Sign in as a guest. The token is kept for the calls that follow.
   * @param {string} displayName 1 to 64 characters
   * @returns {Promise<SignedIn>}
   */
  async guest(displayName) {
    const body = { display_name: displayName };
    return this.tokens.adopt(await this.#request('POST', '/api/auth/guest', { body, renewable: false }));
  }

  /**
   * Sign in as whom the proxy in front of the service names, where the operator has one that does.
   * @returns {Promise<SignedIn>} rejects with 403 where there is none
   */
  async signInProxied() {
    return this.tokens.adopt(await this.#request('POST', '/api/auth/proxy', { body: {}, renewable: false }));
  }

  /**
   * Get a fresh token of the same session now; it may have ended some time ago.
   * @returns {Promise<SignedIn>} rejects with 401 once the session has ended or was signed out
   */
  renew() {
    return this.tokens.renewNow();
  }

  /**
   * Change one's name everywhere: here, on other devices, and in the parties that one is in.
   * @param {string} displayName 1 to 64 characters
   * @returns {Promise<SignedIn & {id: string, display_name: string}>}
   */
  async rename(displayName) {
    const body = { display_name: displayName };
    return this.tokens.adopt(await this.#request('PATCH', '/api/auth/me', { body }));
  }

  /**
   * End this session, or all of this person's.
   * @param {{everywhere?: boolean}} [options]
   */
  async signOut({ everywhere = false } = {}) {
    await this.#request('DELETE', `/api/auth/session${everywhere ? '?everywhere=true' : ''}`);
    this.tokens.token = null;
  }

  /**
   * A code, and a link with it, by which `signInDevice` makes another device this person's: once, for 5 minutes.
   * @returns {Promise<{code: string, url: string, expires_in: number}>}
   */
  deviceCode() {
    return this.#request('POST', '/api/auth/device-code', { body: {} });
  }

  /**
   * Sign in as the person who got this code on another device.
   * @param {string} code as it was typed
   * @returns {Promise<SignedIn>}
   */
  async signInDevice(code) {
    return this.tokens.adopt(await this.#request('POST', '/api/auth/device', { body: { code }, renewable: false }));
  }

  /** @returns {Promise<{id: string, display_name: string}>} */
  me() {
    return this.#request('GET', '/api/auth/me');
  }

  /**
   * What has happened in one's parties, newest first; the connection dispatches new ones as `notification`.
   * @param {{unread?: boolean, limit?: number, cursor?: string}} [query] limit: 1 to 100
   * @returns {Promise<{items: import('./types.js').PersonNotification[], next_cursor: string|null, unread_count: number}>}
   */
  notifications({ unread = false, ...page } = {}) {
    return this.#request('GET', `/api/notifications${queryOf({ ...(unread ? { unread: 'true' } : {}), ...page })}`);
  }

  /** @param {string} id of a notification @returns {Promise<null>} */
  markRead(id) {
    return this.#request('POST', `/api/notifications/${encodeURIComponent(id)}/read`, { body: {} });
  }

  /**
   * The same as `films.list`.
   * @param {import('./films-api.js').FilmQuery} [query]
   * @returns {Promise<{items: Video[], next_cursor: string|null}>}
   */
  videos(query = {}) {
    return this.films.list(query);
  }

  /**
   * @param {import('./types.js').PartySettings & {video_id: string}} fields
   * @returns {Promise<Party>}
   */
  createParty(fields) {
    return this.#request('POST', '/api/parties', { body: fields });
  }

  /**
   * Public parties and those of this user, newest first. By default those that go on, 50 a page.
   * @param {{state?: 'active'|'ended'|'all', limit?: number, cursor?: string}} [page] limit: 1 to 100
   * @returns {Promise<{items: PartySummary[], next_cursor: string|null}>}
   */
  parties(page = {}) {
    return this.#request('GET', `/api/parties${queryOf(page)}`);
  }

  /** @param {string} id @returns {Promise<Party>} */
  party(id) {
    return this.#request('GET', partyPath(id));
  }

  /**
   * Change what the host may set. What stays as it is is no event.
   * @param {string} id
   * @param {import('./types.js').PartySettings} changes
   * @returns {Promise<Party>}
   */
  change(id, changes) {
    return this.#request('PATCH', partyPath(id), { body: changes });
  }

  /**
   * What an invite leads to; needs no token. `not_found` for a private party without its code. Tried twice only:
   * one can enter without it.
   * @param {string} id
   * @param {string|null} [inviteCode]
   * @returns {Promise<InvitePreview>}
   */
  preview(id, inviteCode) {
    // A header holds Latin-1 alone, and no code holds anything else.
    /** @type {Record<string, string>} */
    const headers = inviteCode ? { 'Party-Invite': encodeURIComponent(inviteCode) } : {};
    return this.#request('GET', partyPath(id, '/preview'), { headers, attempts: 2, renewable: false });
  }

  /**
   * @param {string} id
   * @param {string|null} [inviteCode]
   * @returns {Promise<{member: Member, party: Party}>}
   */
  join(id, inviteCode) {
    return this.#request('POST', partyPath(id, '/join'), { body: inviteCode ? { invite_code: inviteCode } : {} });
  }

  /** @param {string} id @returns {Promise<null>} */
  leave(id) {
    return this.#request('POST', partyPath(id, '/leave'), { body: {} });
  }

  /** End the party (host only). Again is no error. @param {string} id @returns {Promise<null>} */
  end(id) {
    return this.#request('DELETE', partyPath(id));
  }

  /** @param {string} id @param {string} userId @returns {Promise<Party>} */
  transfer(id, userId) {
    return this.#request('POST', partyPath(id, '/transfer'), { body: { user_id: userId } });
  }

  /**
   * Play, pause or seek.
   * @param {string} id
   * @param {{action: 'play'|'pause'|'seek', position_s?: number, rate?: number, expected_revision?: number}} command
   * @param {string} [key] the Idempotency-Key; a UUID is the id that the same command would have on a socket
   * @returns {Promise<{revision: number, playback: Playback}>}
   */
  playback(id, command, key) {
    return this.#request('POST', partyPath(id, '/playback'), { body: command, key });
  }

  /**
   * Report where this member's player is, and hear where it should be. Sent once: the next one says it better.
   * @param {string} id
   * @param {object} report `position_s`, `state`, `revision`, `rtt_ms` as docs/protocol.md has them
   * @returns {Promise<any>} as there
   */
  sync(id, report) {
    return this.#request('POST', partyPath(id, '/sync'), { body: report, attempts: 1, key: null });
  }

  /**
   * The audit log, oldest first.
   * @param {string} id
   * @param {{after?: number, limit?: number, names?: boolean}} [page] after: a revision; names: whether to tell
   *   what the people are called whom the events name, also those who have left
   * @returns {Promise<{items: PartyEvent[], next_cursor: string|null, names?: Record<string, string>}>}
   */
  events(id, { names, ...page } = {}) {
    return this.#request('GET', `${partyPath(id, '/events')}${queryOf({ ...page, ...(names ? { names: 'true' } : {}) })}`);
  }

  /**
   * A ticket for one WebSocket. Tried twice only: the connection has a backoff of its own.
   * @param {string} id
   * @returns {Promise<{ticket: string, expires_in: number}>}
   */
  ticket(id) {
    return this.#request('POST', partyPath(id, '/ticket'), { body: {}, attempts: 2 });
  }

  /** @returns {Promise<SignedIn>} Sent once: the token source has a backoff of its own. */
  #renew() {
    return this.#request('POST', '/api/auth/renew', { body: {}, attempts: 1, renewable: false });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {import('./requests.js').RequestOptions} [options]
   * @returns {Promise<any>}
   */
  #request(method, path, options) {
    return this.#requests.send(method, path, options);
  }
}
