// @ts-check
/**
 * Requests to the backend: each sent until there is an answer that counts, within bounds. A POST carries an
 * Idempotency-Key, so that it can be sent again after a lost answer without a second effect. A token that has
 * ended is renewed once, and the request sent again.
 */
import { ProblemError, problemOf } from './problem.js';
import { fullJitterMs, retryAfterMs, wait } from './scheduler.js';
import { randomUuid } from './uuid.js';

/** @typedef {import('./token-source.js').TokenSource} TokenSource */
/** @typedef {import('./types.js').Scheduler} Scheduler */
/**
 * @typedef {{body?: object, attempts?: number, key?: string|null, renewable?: boolean, followed?: boolean,
 *   headers?: Record<string, string>, cookies?: boolean}} RequestOptions
 *   renewable: whether a 401 may be mended by a fresh token; followed: whether a 202 has an outcome to wait for;
 *   cookies: whether the browser sends and takes the backend's, which nothing but a login needs
 */

/** How often one request is sent at most. */
const MAX_ATTEMPTS = 5;
/** One attempt may take this long; the server itself waits up to 5 s for a command's outcome. */
const ATTEMPT_TIMEOUT_MS = 15_000;
/** A server that asks for a longer pause than this gets its error shown instead. */
const MAX_RETRY_AFTER_MS = 10_000;
/** After a 202, how long the outcome is waited for. */
const OUTCOME_TIMEOUT_MS = 30_000;

export class Requests {
  #fetch;
  #read;
  #scheduler;
  #random;

  /**
   * @param {object} parts
   * @param {string} parts.baseUrl
   * @param {(text: string) => any} [parts.read] what reads the JSON of answers
   * @param {TokenSource} parts.tokens
   * @param {typeof fetch} parts.fetchImpl
   * @param {Scheduler} parts.scheduler
   * @param {() => number} parts.random
   */
  constructor({ baseUrl, read = JSON.parse, tokens, fetchImpl, scheduler, random }) {
    this.baseUrl = baseUrl;
    this.#read = read;
    this.tokens = tokens;
    this.#fetch = fetchImpl;
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /**
   * Send until there is an answer that counts, within bounds.
   * @param {string} method
   * @param {string} path
   * @param {RequestOptions} [options]
   * @returns {Promise<any>}
   * @throws {ProblemError}
   */
  async send(method, path, options = {}) {
    const { body, headers, attempts = MAX_ATTEMPTS, renewable = true, followed = true, key: given } = options;
    // One key for all attempts: by it the server recognizes a repeat.
    const key = (given === undefined && method === 'POST' ? randomUuid() : given) ?? undefined;
    /** @type {string|null} */
    let location = null;
    let mayRenew = renewable;
    for (let attempt = 0; ; attempt += 1) {
      const { token } = this.tokens;
      try {
        const answer = await this.#once(method, path, { body, key, headers, cookies: options.cookies });
        if (answer.status !== 202 || !followed) return answer.body;
        location = answer.location;
        break;
      } catch (thrown) {
        const error = ProblemError.from(thrown);
        if (error.status === 401 && token && mayRenew) {
          mayRenew = false;
          if (await this.tokens.replaced(token)) continue;
        }
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
  async #once(method, path, { body, key, headers: more, cookies = false }) {
    /** @type {Record<string, string>} */
    const headers = { Accept: 'application/json, application/problem+json', ...more };
    if (this.tokens.token) headers.Authorization = `Bearer ${this.tokens.token}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (key) headers['Idempotency-Key'] = key;
    const abort = new AbortController();
    const url = this.baseUrl + path;
    /** @type {RequestInit} */
    const init = {
      method, headers, signal: abort.signal, credentials: cookies ? 'same-origin' : 'omit', cache: 'no-store',
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
      return { status, location, body: empty ? null : await overNetwork(async () => this.#read(await response.text())) };
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
      const command = await this.send('GET', path);
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

/** @param {Record<string, string|number|undefined>} fields @returns {string} with its `?`, or empty */
export function queryOf(fields) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) query.set(name, String(value));
  const text = query.toString();
  return text ? `?${text}` : '';
}
