// @ts-check
/**
 * The REST half of the contract. Every POST carries an Idempotency-Key, so that it can be sent again
 * after a lost answer without a second effect.
 */
import { ProblemError, problemOf } from './problem.js';
import { fullJitterMs, retryAfterMs, systemScheduler, wait } from './scheduler.js';
import { randomUuid } from './uuid.js';

/** @typedef {import('./types.js').Party} Party */
/** @typedef {import('./types.js').PartySummary} PartySummary */
/** @typedef {import('./types.js').Member} Member */
/** @typedef {import('./types.js').Video} Video */
/** @typedef {import('./types.js').Scheduler} Scheduler */
/** @typedef {import('./types.js').InvitePreview} InvitePreview */
/** @typedef {{body?: object, attempts?: number, key?: string, headers?: Record<string, string>}} RequestOptions */

/** How often one request is sent at most. */
const MAX_ATTEMPTS = 5;
/** One attempt may take this long; the server itself waits up to 5 s for a command's outcome. */
const ATTEMPT_TIMEOUT_MS = 15_000;
/** A server that asks for a longer pause than this gets its error shown instead. */
const MAX_RETRY_AFTER_MS = 10_000;
/** After a 202, how long the outcome is waited for. */
const OUTCOME_TIMEOUT_MS = 30_000;

export class PartyApi {
  #fetch;
  #scheduler;
  #random;

  /**
   * @param {object} [options]
   * @param {string} [options.baseUrl] origin of the backend; the page's own by default
   * @param {string|null} [options.token] bearer token; `guest()` sets it
   * @param {typeof fetch} [options.fetchImpl]
   * @param {Scheduler} [options.scheduler]
   * @param {() => number} [options.random] uniform in [0, 1)
   */
  constructor({
    baseUrl = globalThis.location?.origin,
    token = null,
    fetchImpl = (input, init) => globalThis.fetch(input, init),
    scheduler = systemScheduler,
    random = Math.random,
  } = {}) {
    if (!baseUrl) throw new TypeError('PartyApi needs a baseUrl outside of a page');
    this.baseUrl = baseUrl.replace(/\/+$/, '');
    this.token = token;
    this.#fetch = fetchImpl;
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /**
   * Sign in as a guest. The token is kept for the calls that follow.
   * @param {string} displayName 1 to 64 characters
   * @returns {Promise<{access_token: string, token_type: string, expires_in: number,
   *   user: {id: string, display_name: string}}>}
   */
  async guest(displayName) {
    const answer = await this.#request('POST', '/api/auth/guest', { body: { display_name: displayName } });
    this.token = answer.access_token;
    return answer;
  }

  /** @returns {Promise<{id: string, display_name: string}>} */
  me() {
    return this.#request('GET', '/api/auth/me');
  }

  /**
   * @param {{limit?: number, cursor?: string}} [page]
   * @returns {Promise<{items: Video[], next_cursor: string|null}>}
   */
  videos(page = {}) {
    return this.#request('GET', `/api/videos${queryOf(page)}`);
  }

  /**
   * @param {{video_id: string, title?: string, visibility?: 'private'|'public', control?: 'host'|'everyone',
   *   max_members?: number}} fields
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
    return this.#request('GET', partyPath(id, '/preview'), { headers, attempts: 2 });
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
   * A ticket for one WebSocket. Tried twice only: the connection has a backoff of its own.
   * @param {string} id
   * @returns {Promise<{ticket: string, expires_in: number}>}
   */
  ticket(id) {
    return this.#request('POST', partyPath(id, '/ticket'), { body: {}, attempts: 2 });
  }

  /**
   * Send until there is an answer that counts, within bounds.
   * @param {string} method
   * @param {string} path
   * @param {RequestOptions} [options]
   * @returns {Promise<any>}
   * @throws {ProblemError}
   */
  async #request(method, path, { body, headers, attempts = MAX_ATTEMPTS } = {}) {
    // One key for all attempts: by it the server recognizes a repeat.
    const key = method === 'POST' ? randomUuid() : undefined;
    /** @type {string|null} */
    let location = null;
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await this.#once(method, path, { body, key, headers });
        if (answer.status !== 202) return answer.body;
        location = answer.location;
        break;
      } catch (thrown) {
        const error = ProblemError.from(thrown);
        const asked = error.retryAfterMs ?? 0;
        if (attempt + 1 >= attempts || !isTransient(error) || asked > MAX_RETRY_AFTER_MS) throw error;
        await wait(this.#scheduler, asked + fullJitterMs(attempt, { random: this.#random }));
      }
    }
    return this.#outcome(location);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {RequestOptions} options
   * @returns {Promise<{status: number, location: string|null, body: any}>}
   */
  async #once(method, path, { body, key, headers: more }) {
    /** @type {Record<string, string>} */
    const headers = { Accept: 'application/json, application/problem+json', ...more };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (key) headers['Idempotency-Key'] = key;
    const abort = new AbortController();
    const url = this.baseUrl + path;
    /** @type {RequestInit} */
    const init = {
      method, headers, signal: abort.signal, credentials: 'omit', cache: 'no-store',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    // A request that can't be made (a token that is no header, say) is our own error. What fails later is the network.
    void new Request(url, init);
    const timer = this.#scheduler.setTimeout(() => abort.abort(), ATTEMPT_TIMEOUT_MS);
    try {
      const response = await overNetwork(() => this.#fetch(url, init));
      if (!response.ok) throw await problemOf(response, retryAfterMs(response.headers.get('Retry-After')));
      const { status } = response;
      const location = response.headers.get('Location');
      const empty = status === 202 || status === 204;
      return { status, location, body: empty ? null : await overNetwork(() => response.json()) };
    } finally {
      this.#scheduler.clearTimeout(timer);
    }
  }

  /**
   * Follow a 202 until the command's outcome is known. The command itself runs exactly once whatever
   * happens here.
   * @param {string|null} location
   * @returns {Promise<any>} the command's result
   */
  async #outcome(location) {
    const path = this.#commandPath(location);
    let pauseMs = 120;
    for (let waitedMs = 0; waitedMs < OUTCOME_TIMEOUT_MS; waitedMs += pauseMs) {
      pauseMs = Math.min(2000, pauseMs * 1.6);
      await wait(this.#scheduler, pauseMs);
      const command = await this.#request('GET', path);
      if (command.state === 'succeeded') return command.result ?? null;
      if (command.state === 'failed') throw new ProblemError(command.problem ?? { code: 'unknown', title: 'Failed' });
    }
    throw new ProblemError({
      status: 202, code: 'timeout', title: 'Outcome not known yet',
      detail: 'The command was accepted, but its outcome is not known yet.',
    });
  }

  /**
   * The token goes with the request, so a Location may only lead to a command of this very backend.
   * @param {string|null} location
   * @returns {string}
   */
  #commandPath(location) {
    const base = new URL(this.baseUrl);
    const prefix = base.pathname.replace(/\/$/, '');
    let path = '';
    try {
      const target = new URL(location ?? '', `${this.baseUrl}/`);
      if (target.origin === base.origin) path = target.pathname;
    } catch {
      // Not a URL: refused below.
    }
    if (prefix && path.startsWith(prefix)) path = path.slice(prefix.length);
    if (!/^\/api\/commands\/[\w-]+$/.test(path)) {
      throw new ProblemError({ status: 202, code: 'unknown', title: 'Accepted without a usable Location' });
    }
    return path;
  }
}

/**
 * @template T
 * @param {() => Promise<T>} exchange
 * @returns {Promise<T>} rejects with a `network_error`: no answer, a broken one, or one that is no JSON
 */
async function overNetwork(exchange) {
  try {
    return await exchange();
  } catch (error) {
    throw ProblemError.ofNetwork(error);
  }
}

/** @param {ProblemError} error @returns {boolean} whether the same request may succeed a little later */
function isTransient(error) {
  return error.code === 'network_error' || error.status === 502 || error.status === 503 || error.status === 504;
}

/** @param {string} id @param {string} [rest] @returns {string} */
function partyPath(id, rest = '') {
  return `/api/parties/${encodeURIComponent(id)}${rest}`;
}

/** @param {Record<string, string|number|undefined>} fields @returns {string} */
function queryOf(fields) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) query.set(name, String(value));
  const text = query.toString();
  return text ? `?${text}` : '';
}
