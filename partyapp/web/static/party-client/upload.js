// @ts-check
/**
 * One file on its way to the backend, by tus 1.0.0: in parts, gone on with after whatever came in between.
 *
 * Dispatches `change` when its state changes and `progress` as bytes leave; what they are about is in its fields.
 */
import { FileSample } from './file-sample.js';
import { linkedAbort } from './linked-abort.js';
import { ProblemError } from './problem.js';
import { fullJitterMs, wait } from './scheduler.js';
import { TransferRate } from './transfer-rate.js';
import { UploadRequests } from './upload-requests.js';
import {
  PartSize, fingerprint, nextUploadStep, uploadMetadata, uploadOffset, uploadPath, uploadProblem,
} from './upload-rules.js';

/** @import {Scheduler, UploadAnswer, UploadState} from './types.js' */
/** @import {UploadMemory} from './upload-memory.js' */

/** So many tries in a row may come to nothing: with their pauses about ten minutes. */
const MAX_FAILURES = 40;
const LONGEST_PAUSE_MS = 30_000;
/** Why an upload was stopped by its person. */
const STOPPED = Symbol('stopped');

/**
 * @typedef {object} UploadParts
 * @property {File} file
 * @property {string} person the id of who uploads it
 * @property {UploadRequests} requests
 * @property {UploadMemory} memory
 * @property {Scheduler} scheduler
 * @property {() => number} now monotonic, ms
 * @property {() => number} random uniform in [0, 1)
 * @property {EventTarget|null} windowTarget target of `online`
 * @property {() => boolean} isOnline
 */

export class Upload extends EventTarget {
  #parts;
  #sample;
  #rate = new TransferRate();
  #partSize = new PartSize();
  /** @type {string|null} */
  #path;
  /** What the backend has, in bytes; null while it has to be asked. @type {number|null} */
  #offset = null;
  /** The most that the backend had, and what has left since. */
  #arrived = 0;
  #leaving = 0;
  #failures = 0;
  #method = '';
  #isOver = false;
  /** Whether the connection broke in mid-part. */
  #isPartLost = false;
  /** @type {AbortController|null} */
  #abort = null;

  /** @param {UploadParts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
    this.file = parts.file;
    this.#sample = new FileSample(parts.file);
    this.key = fingerprint(parts.file);
    const known = parts.memory.find(parts.person, this.key);
    this.#path = known?.path ?? null;
    this.#arrived = known?.sent ?? 0;
    /** @type {UploadState} */
    this.state = 'queued';
    /** Why it failed, or what it waits for. @type {ProblemError|null} */
    this.error = null;
    /** The film that it became. @type {string|null} */
    this.videoId = null;
    /** Whether the backend had lost what was sent, so that it began anew. */
    this.startedOver = false;
  }

  /** What has left, in bytes. */
  get sentBytes() {
    return Math.min(this.file.size, this.#arrived + this.#leaving);
  }

  /** Smoothed; null while nobody knows. */
  get bytesPerSecond() {
    return this.state === 'uploading' ? this.#rate.perSecond : null;
  }

  /** Smoothed, in s; null while nobody knows. */
  get leftS() {
    return this.state === 'uploading' ? this.#rate.leftS(this.file.size - this.sentBytes) : null;
  }

  /** Send what is missing. Resolved when it is done, stopped or failed; never rejected. */
  async run() {
    const abort = new AbortController();
    this.#abort = abort;
    this.#failures = 0;
    this.#isOver = false;
    // Only the backend knows how much of the last part it has.
    this.#offset = null;
    this.#set('uploading');
    try {
      if (this.file.size === 0) throw uploadProblem('file_empty', 'The file is empty');
      while (this.videoId === null && !this.#isOver) await this.#step(abort.signal);
      this.#parts.memory.forget(this.#parts.person, this.key);
      this.#set('done');
    } catch (error) {
      if (!abort.signal.aborted) this.#set('failed', ProblemError.from(error));
    } finally {
      this.#leaving = 0;
      this.#rate.pause();
    }
  }

  /** Let it wait behind others, from its place. */
  queue() {
    this.#set('queued');
  }

  /** Stop; `run` goes on from there. */
  pause() {
    this.#stop('paused');
  }

  /** Stop for good, and let the backend drop what it has. Resolved when that is done, or can't be. */
  async cancel() {
    const path = this.#path;
    this.#stop('cancelled');
    this.#forget();
    if (path) await this.#parts.requests.drop(path);
  }

  /** @param {UploadState} state */
  #stop(state) {
    this.#abort?.abort(STOPPED);
    this.#leaving = 0;
    this.#set(state);
  }

  /** @param {UploadState} state @param {ProblemError|null} [error] */
  #set(state, error = null) {
    if (state === this.state && error === this.error) return;
    this.state = state;
    this.error = error;
    this.dispatchEvent(new Event('change'));
  }

  /** @param {AbortSignal} signal */
  async #step(signal) {
    try {
      if (this.#path === null) await this.#create(signal);
      else if (this.#offset === null) await this.#ask(signal);
      else await this.#sendPart(signal);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      await this.#recover(ProblemError.from(thrown), signal);
    }
  }

  /** @param {AbortSignal} signal */
  async #create(signal) {
    const { file, requests } = this.#parts;
    const answer = await this.#send('POST', '/api/uploads', signal, {
      'Upload-Length': String(file.size), 'Upload-Metadata': uploadMetadata({ filename: file.name }),
    });
    this.#path = uploadPath(answer.header('Location'), requests.baseUrl);
    if (this.#path === null) throw uploadProblem('unknown', 'The server gave the upload no address');
    this.#took(0, answer);
  }

  /** @param {AbortSignal} signal */
  async #ask(signal) {
    const answer = await this.#send('HEAD', this.#path ?? '', signal);
    const length = answer.header('Upload-Length');
    // Another file under the same name, size and time: not one byte of it fits.
    if (length !== null && Number(length) !== this.file.size) throw uploadProblem('not_found', 'Another length', 404);
    this.#took(uploadOffset(answer), answer);
  }

  /** @param {AbortSignal} signal */
  async #sendPart(signal) {
    const { file, now } = this.#parts;
    const from = this.#offset ?? 0;
    const part = file.slice(from, Math.min(file.size, from + this.#partSize.bytes));
    if (!(await this.#sample.isSame(from + part.size === file.size))) {
      // What was sent belongs to another file.
      this.#forget();
      throw uploadProblem('file_unreadable', 'The file was changed');
    }
    const headers = { 'Upload-Offset': String(from), 'Content-Type': 'application/offset+octet-stream' };
    const startMs = now();
    this.#rate.sample(this.sentBytes, startMs);
    const answer = await this.#send('PATCH', this.#path ?? '', signal, headers, part);
    const offset = uploadOffset(answer);
    if (offset <= from && part.size > 0) throw uploadProblem('unknown', 'The server took nothing', 409);
    if (offset > file.size) throw uploadProblem('unknown', 'The server took more than there is');
    this.#partSize.arrived(part.size, now() - startMs);
    this.#took(offset, answer);
  }

  /** The backend has so much. @param {number} offset @param {UploadAnswer} answer */
  #took(offset, answer) {
    const { memory, person, file } = this.#parts;
    if (offset > this.#arrived) this.#failures = 0;
    else if (this.#isPartLost) this.#partSize.lost();
    this.#isPartLost = false;
    [this.#offset, this.#arrived, this.#leaving] = [offset, offset, 0];
    this.#rate.sample(offset, this.#parts.now());
    this.videoId = answer.header('Party-Video-Id') ?? this.videoId;
    // Whole, though the answer that named the film was lost: the list of films has it.
    if (offset === file.size && this.#method === 'PATCH') this.#isOver = true;
    const expiresMs = Date.parse(answer.header('Upload-Expires') ?? '');
    memory.keep({
      person, key: this.key, path: this.#path ?? '', name: file.name, size: file.size, sent: offset,
      ...(Number.isFinite(expiresMs) ? { expiresMs } : {}),
    });
    this.#set('uploading');
    this.dispatchEvent(new Event('progress'));
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {AbortSignal} signal
   * @param {Record<string, string>} [headers]
   * @param {Blob|null} [body]
   */
  async #send(method, path, signal, headers = {}, body = null) {
    this.#method = method;
    const answer = await this.#parts.requests.send({
      method, path, signal, headers, body,
      onProgress: (sent) => {
        this.#leaving = sent;
        this.#rate.sample(this.sentBytes, this.#parts.now());
        this.dispatchEvent(new Event('progress'));
      },
    });
    // Stopped while the answer was on its way.
    if (signal.aborted) throw signal.reason;
    return answer;
  }

  /**
   * @param {ProblemError} error
   * @param {AbortSignal} signal
   */
  async #recover(error, signal) {
    const { scheduler, random, isOnline } = this.#parts;
    this.#leaving = 0;
    this.#offset = null;
    this.#rate.pause();
    const step = nextUploadStep(this.#method, error);
    if (step === 'fail' || (step === 'anew' && this.startedOver)) throw error;
    if (step === 'smaller' && !this.#partSize.refused()) throw error;
    if (step === 'anew') {
      this.startedOver = true;
      this.#forget();
    }
    if (step === 'anew' || step === 'smaller') return;
    // A file that was moved, changed or unplugged looks like a failure of the network.
    if (error.status === 0) await this.#sample.mustBeReadable();
    this.#isPartLost = error.status === 0 && this.#method === 'PATCH';
    // Without a network nothing is used up, and nothing is hurried.
    if (isOnline()) this.#failures += 1;
    if (this.#failures > MAX_FAILURES) throw error;
    const pauseMs = fullJitterMs(isOnline() ? this.#failures : MAX_FAILURES, { capMs: LONGEST_PAUSE_MS, random });
    this.#set('waiting', error);
    await this.#pause((error.retryAfterMs ?? 0) + pauseMs, scheduler, signal);
    this.#set('uploading');
  }

  /** The next byte that is sent is the first of the file. */
  #forget() {
    [this.#path, this.#arrived] = [null, 0];
    this.#sample.forget();
    this.#parts.memory.forget(this.#parts.person, this.key);
  }

  /**
   * A while, or until the network is back.
   * @param {number} delayMs
   * @param {Scheduler} scheduler
   * @param {AbortSignal} signal
   */
  async #pause(delayMs, scheduler, signal) {
    const { windowTarget } = this.#parts;
    const { controller, unlink } = linkedAbort(signal);
    const onOnline = () => controller.abort();
    windowTarget?.addEventListener('online', onOnline);
    try {
      await wait(scheduler, delayMs, controller.signal);
    } catch (reason) {
      if (signal.aborted) throw reason;
    } finally {
      unlink();
      windowTarget?.removeEventListener('online', onOnline);
    }
  }
}
