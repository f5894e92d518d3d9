// @ts-check
/**
 * What an upload does next by the answer it got, and how large its parts are. Pure, so that each rule can be tested
 * by itself. The protocol is tus 1.0.0 (https://tus.io/protocols/resumable-upload); the answers of a server that
 * isn't ready are this contract's: 423 to HEAD, 503 to PATCH.
 */
import { ProblemError, problemOf } from './problem.js';
import { retryAfterMs } from './scheduler.js';

/** @import {UploadAnswer} from './types.js' */

/**
 * `ask`: the server knows better how far it is · `later`: the same after a pause · `smaller`: something in between
 * lets no part of this size through · `anew`: the server doesn't have the upload any more · `fail`: no further try
 * would help.
 * @typedef {'ask'|'later'|'smaller'|'anew'|'fail'} UploadStep
 */

const MIB = 2 ** 20;
/** Parts are of so many bytes, as a rule; */
const SMALLEST = 8 * MIB;
const LARGEST = 64 * MIB;
/** where parts get lost or are refused for their size they shrink down to this. */
const LEAST = MIB / 4;
/** What a part should take, s: rarely enough to cost nothing, often enough to lose little. */
const PART_S = 8;

/** A 5xx that no repeat will change: not implemented, version not supported, no space left. */
const FINAL_5XX = [501, 505, 507];

/**
 * @param {string} method of the request that was refused
 * @param {ProblemError} error its `status` is 0 where there was no answer
 * @returns {UploadStep}
 */
export function nextUploadStep(method, { status, code }) {
  if (code === 'client_error' || code === 'file_unreadable') return 'fail';
  if (status === 0 || status === 408 || status === 425 || status === 429) return 'later';
  if (status >= 500) return FINAL_5XX.includes(status) ? 'fail' : 'later';
  // Nothing of the upload exists yet, so there is nothing to ask for.
  if (method === 'POST') return status === 423 ? 'later' : 'fail';
  if (status === 404 || status === 410 || status === 403) return 'anew';
  if (status === 423 || status === 460) return 'ask';
  if (status === 409) return code === 'quota_exceeded' ? 'fail' : 'ask';
  if (status === 413 && method === 'PATCH') return 'smaller';
  return 'fail';
}

/**
 * @param {UploadAnswer} answer
 * @returns {Promise<ProblemError>} what it refuses, with the problem in it if there is one
 */
export function refusalOf({ status, text, header }) {
  // 423 has no words of its own in HTTP/2, and neither has any other.
  const response = new Response(text, { status: status >= 200 ? status : 502 });
  return problemOf(response, retryAfterMs(header('Retry-After')));
}

/** How large the next part is. It grows and shrinks with the connection's speed, and where parts get lost. */
export class PartSize {
  #bytes = SMALLEST;
  #limit = LARGEST;
  /** What something in between lets through. */
  #ceiling = LARGEST;

  /** In bytes. */
  get bytes() {
    return Math.min(this.#bytes, this.#limit, this.#ceiling);
  }

  /**
   * A part has arrived.
   * @param {number} bytes
   * @param {number} tookMs
   */
  arrived(bytes, tookMs) {
    const wanted = tookMs > 0 ? (bytes / tookMs) * 1000 * PART_S : LARGEST;
    // At most twice the last one, so that one lucky part decides little.
    const next = Math.min(wanted, Math.max(SMALLEST, 2 * this.bytes), LARGEST);
    this.#bytes = Math.max(SMALLEST, Math.floor(next / MIB) * MIB);
    if (this.#limit < LARGEST && bytes >= this.#limit) this.#limit *= 2;
  }

  /** A part was lost, and nothing of it was kept: something in between gathers each before it hands it on. */
  lost() {
    this.#limit = Math.max(LEAST, this.bytes / 2);
  }

  /**
   * A part was refused for its size.
   * @returns {boolean} false if it was as small as they get
   */
  refused() {
    if (this.bytes <= LEAST) return false;
    this.#ceiling = Math.max(LEAST, this.bytes / 4);
    return true;
  }
}

/**
 * The path of an upload on this very backend. The token goes with each request, and a proxy in front may have
 * changed scheme and host, so that nothing but the path counts.
 * @param {string|null} location
 * @param {string} baseUrl
 * @returns {string|null} null where it leads to no upload
 */
export function uploadPath(location, baseUrl) {
  try {
    const { pathname } = new URL(location ?? '', `${baseUrl}/api/uploads`);
    return /\/api\/uploads\/[\w.~-]+$/.exec(pathname)?.[0] ?? null;
  } catch {
    return null;
  }
}

/**
 * @param {Record<string, string|undefined>} fields
 * @returns {string} `Upload-Metadata`: keys with values in Base64 of UTF-8
 */
export function uploadMetadata(fields) {
  return Object.entries(fields)
    .filter(([, value]) => value)
    .map(([key, value]) => {
      const bytes = new TextEncoder().encode(value);
      return `${key} ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`;
    })
    .join(',');
}

/**
 * @param {{name: string, size: number, lastModified: number}} file
 * @returns {string} what a file is known by when it is chosen again
 */
export function fingerprint({ name, size, lastModified }) {
  return `${size}-${lastModified}-${name}`;
}

/** @param {UploadAnswer} answer @returns {number} how much the backend has, in bytes */
export function uploadOffset(answer) {
  const header = answer.header('Upload-Offset');
  if (header === null || !/^\d+$/.test(header)) throw uploadProblem('unknown', "An answer that is no upload's");
  return Number(header);
}

/** @param {string} code @param {string} title @param {number} [status] @returns {ProblemError} */
export function uploadProblem(code, title, status = 400) {
  return new ProblemError({ status, code, title });
}
