// @ts-check
/**
 * A person's uploads: a few at once, the others behind them. They belong to the page and not to a view of it, so
 * that they go on while one looks at something else.
 */
import { systemScheduler } from './scheduler.js';
import { Upload } from './upload.js';
import { UploadMemory } from './upload-memory.js';
import { UploadRequests } from './upload-requests.js';
import { fingerprint, uploadPath } from './upload-rules.js';
import { xhrTransport } from './upload-transport.js';

/** @import {TokenSource} from './token-source.js' */
/** @import {Scheduler, UnfinishedUpload, UploadTransport} from './types.js' */

/** More at once would only make each of them slower. */
const AT_ONCE = 2;
const RUNNING = ['uploading', 'waiting'];
const OVER = ['done', 'cancelled'];

export class Uploads extends EventTarget {
  #person;
  #memory;
  #parts;
  /** @type {Upload[]} */
  #list = [];

  /**
   * @param {object} parts
   * @param {{baseUrl: string, tokens: TokenSource}} parts.api a PartyApi that is signed in
   * @param {string} parts.person the id of who is
   * @param {UploadMemory} [parts.memory] where uploads are kept, to go on after the page was opened anew
   * @param {UploadTransport} [parts.transport]
   * @param {Scheduler} [parts.scheduler]
   * @param {() => number} [parts.now] monotonic, ms
   * @param {() => number} [parts.random] uniform in [0, 1)
   * @param {EventTarget|null} [parts.windowTarget] target of `online`
   * @param {() => boolean} [parts.isOnline]
   */
  constructor({
    api, person, memory = new UploadMemory(), transport = xhrTransport, scheduler = systemScheduler,
    now = () => performance.now(), random = Math.random,
    windowTarget = typeof window === 'undefined' ? null : window,
    isOnline = () => globalThis.navigator?.onLine ?? true,
  }) {
    super();
    this.#person = person;
    this.#memory = memory;
    const { baseUrl, tokens } = api;
    const requests = new UploadRequests({ baseUrl, tokens, transport, scheduler, random });
    this.#parts = { person, memory, requests, scheduler, now, random, windowTarget, isOnline };
  }

  /** Those of this page, in the order in which they were added. */
  get list() {
    return [...this.#list];
  }

  /** Whether something would be lost, for now, if the page were closed. */
  get isBusy() {
    return this.#list.some(({ state }) => state === 'queued' || RUNNING.includes(state));
  }

  /** Those that were begun before and whose file has to be chosen again. @returns {UnfinishedUpload[]} */
  get unfinished() {
    return this.#memory.list(this.#person).filter(({ key }) => !this.#list.some((one) => one.key === key));
  }

  /**
   * Upload a file: it goes on where it was, if it was begun before. One that is under way already is the answer.
   * @param {File} file
   * @returns {Upload}
   */
  add(file) {
    const key = fingerprint(file);
    const known = this.#list.find((one) => one.key === key && !OVER.includes(one.state));
    if (known) {
      if (known.state === 'paused' || known.state === 'failed') this.resume(known);
      return known;
    }
    const upload = new Upload({ ...this.#parts, file });
    upload.addEventListener('change', () => this.#next());
    this.#list.push(upload);
    this.dispatchEvent(new CustomEvent('added', { detail: upload }));
    this.#next();
    return upload;
  }

  /** Go on with one that is paused or has failed. @param {Upload} upload */
  resume(upload) {
    if (upload.state !== 'paused' && upload.state !== 'failed') return;
    upload.queue();
  }

  /** Take one off the list; the backend drops what it has of it. @param {Upload} upload */
  async cancel(upload) {
    this.#list = this.#list.filter((one) => one !== upload);
    if (!OVER.includes(upload.state)) await upload.cancel();
  }

  /** Drop one that was begun before. @param {UnfinishedUpload} unfinished */
  async forget({ key, path }) {
    this.#memory.forget(this.#person, key);
    const known = uploadPath(path, this.#parts.requests.baseUrl);
    if (known) await this.#parts.requests.drop(known);
  }

  #next() {
    const running = this.#list.filter(({ state }) => RUNNING.includes(state)).length;
    const waiting = this.#list.filter(({ state }) => state === 'queued');
    for (const upload of waiting.slice(0, Math.max(0, AT_ONCE - running))) void upload.run();
  }
}
