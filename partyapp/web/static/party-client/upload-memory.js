// @ts-check
/**
 * The uploads that were begun and not ended, by person and file, so that they go on after the page was opened anew.
 * A page can't keep the file itself: it has to be chosen again.
 */

/** @import {UnfinishedUpload} from './types.js' */

/** The oldest are forgotten beyond this many. */
const MOST = 40;

export class UploadMemory {
  #load;
  #save;
  #wallNow;

  /**
   * @param {object} [parts]
   * @param {() => string|null} [parts.load] the text that was saved last
   * @param {(text: string|null) => void} [parts.save]
   * @param {() => number} [parts.wallNow] ms
   */
  constructor({ load = () => null, save = () => {}, wallNow = () => Date.now() } = {}) {
    this.#load = load;
    this.#save = save;
    this.#wallNow = wallNow;
  }

  /**
   * @param {string} person
   * @returns {UnfinishedUpload[]} newest first
   */
  list(person) {
    return this.#all().filter((one) => one.person === person);
  }

  /**
   * @param {string} person
   * @param {string} key the file's fingerprint
   * @returns {UnfinishedUpload|null}
   */
  find(person, key) {
    return this.list(person).find((one) => one.key === key) ?? null;
  }

  /** @param {UnfinishedUpload} upload in place of what was known of it */
  keep(upload) {
    this.#write([upload, ...this.#without(upload.person, upload.key)]);
  }

  /** @param {string} person @param {string} key */
  forget(person, key) {
    this.#write(this.#without(person, key));
  }

  /** @param {string} person @param {string} key */
  #without(person, key) {
    return this.#all().filter((one) => one.person !== person || one.key !== key);
  }

  /** @returns {UnfinishedUpload[]} read anew each time: another tab may have written */
  #all() {
    try {
      const kept = JSON.parse(this.#load() ?? '[]');
      const now = this.#wallNow();
      return Array.isArray(kept) ? kept.filter((one) => isWhole(one) && !(one.expiresMs <= now)) : [];
    } catch {
      return [];
    }
  }

  /** @param {UnfinishedUpload[]} uploads */
  #write(uploads) {
    this.#save(uploads.length === 0 ? null : JSON.stringify(uploads.slice(0, MOST)));
  }
}

/** @param {any} one @returns {boolean} */
function isWhole(one) {
  return ['person', 'key', 'path', 'name'].every((field) => typeof one?.[field] === 'string')
    && Number.isFinite(one.size) && Number.isFinite(one.sent);
}
