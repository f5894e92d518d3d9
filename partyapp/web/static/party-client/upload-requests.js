// @ts-check
/** What all uploads' requests have in common: the token, the protocol's version, and an end to silence. */
import { linkedAbort } from './linked-abort.js';
import { ProblemError } from './problem.js';
import { fullJitterMs, wait } from './scheduler.js';
import { nextUploadStep, refusalOf } from './upload-rules.js';
import { randomUuid } from './uuid.js';

/** @import {TokenSource} from './token-source.js' */
/** @import {Scheduler, UploadAnswer, UploadTransport} from './types.js' */

/** When neither a byte leaves nor an answer comes for so long, the connection is taken for lost. */
const SILENCE_MS = 60_000;
/** An upload that was cancelled is dropped by the backend sooner or later: no need to insist. */
const DROP_ATTEMPTS = 4;

/**
 * @typedef {{method: any, path: string, signal: AbortSignal, headers?: Record<string, string>, body?: Blob|null,
 *   onProgress?: (sentBytes: number) => void}} OneRequest
 */

export class UploadRequests {
  #tokens;
  #transport;
  #scheduler;
  #random;

  /**
   * @param {object} parts
   * @param {string} parts.baseUrl
   * @param {TokenSource} parts.tokens
   * @param {UploadTransport} parts.transport
   * @param {Scheduler} parts.scheduler
   * @param {() => number} parts.random
   */
  constructor({ baseUrl, tokens, transport, scheduler, random }) {
    this.baseUrl = baseUrl;
    this.#tokens = tokens;
    this.#transport = transport;
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /**
   * Send once; again only where a fresh token mends it.
   * @param {OneRequest} request
   * @returns {Promise<UploadAnswer>}
   * @throws {ProblemError} and the signal's reason
   */
  async send(request) {
    for (let mayRenew = true; ; mayRenew = false) {
      const { token } = this.#tokens;
      const answer = await this.#once(request, token);
      if (answer.status >= 200 && answer.status < 300) return answer;
      const isMended = answer.status === 401 && token && mayRenew && (await this.#tokens.replaced(token));
      if (!isMended) throw await refusalOf(answer);
    }
  }

  /** @param {string} path of an upload that nobody wants any more */
  async drop(path) {
    const { signal } = new AbortController();
    for (let attempt = 0; attempt < DROP_ATTEMPTS; attempt += 1) {
      try {
        await this.send({ method: 'DELETE', path, signal });
        return;
      } catch (thrown) {
        const step = nextUploadStep('DELETE', ProblemError.from(thrown));
        if (step !== 'ask' && step !== 'later') return;
      }
      await wait(this.#scheduler, fullJitterMs(attempt + 1, { random: this.#random }));
    }
  }

  /**
   * @param {OneRequest} request
   * @param {string|null} token
   * @returns {Promise<UploadAnswer>}
   */
  async #once({ method, path, signal, headers: more = {}, body = null, onProgress = () => {} }, token) {
    /** @type {Record<string, string>} */
    const headers = { 'Tus-Resumable': '1.0.0', ...more };
    if (token) headers.Authorization = `Bearer ${token}`;
    if (method === 'POST') headers['Idempotency-Key'] = randomUuid();
    const { controller: silence, unlink } = linkedAbort(signal);
    /** @type {unknown} */
    let timer = null;
    const heard = () => {
      this.#scheduler.clearTimeout(timer);
      timer = this.#scheduler.setTimeout(() => {
        silence.abort(ProblemError.ofNetwork(new Error('silence')));
      }, SILENCE_MS);
    };
    heard();
    try {
      return await this.#transport({
        method, url: this.baseUrl + path, headers, body, signal: silence.signal,
        onProgress: (sent) => {
          heard();
          onProgress(sent);
        },
      });
    } finally {
      unlink();
      this.#scheduler.clearTimeout(timer);
    }
  }
}
