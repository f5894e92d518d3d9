// @ts-check
/**
 * Whether a chosen file is still what it was. Chromium refuses to read one that was changed on the disk meanwhile;
 * Firefox and WebKitGTK read what is there now, with the old size and time, and say nothing.
 */
import { uploadProblem } from './upload-rules.js';

/** What programs change of a film is its beginning, its end, or all of it. */
const SPOTS = 16;
const SPOT_BYTES = 4096;

export class FileSample {
  #file;
  /** Some 64 kB of it, as they were at first. @type {Uint8Array[]|null} */
  #spots = null;

  /** @param {File} file */
  constructor(file) {
    this.#file = file;
  }

  /** What is there next time is the file. */
  forget() {
    this.#spots = null;
  }

  /** @returns {Promise<void>} rejects with `file_unreadable` */
  async mustBeReadable() {
    await this.#read(0, 1);
  }

  /**
   * The first time it is as it should be.
   * @param {boolean} isLast whether it is worth the look: what comes next makes a film of all that was sent
   * @returns {Promise<boolean>} whether the file is as it was; rejects with `file_unreadable`
   */
  async isSame(isLast) {
    if (this.#spots !== null && !isLast) return true;
    const last = Math.max(0, this.#file.size - SPOT_BYTES);
    const starts = Array.from({ length: SPOTS }, (_, spot) => Math.floor((last * spot) / (SPOTS - 1)));
    const now = await Promise.all(starts.map((start) => this.#read(start, start + SPOT_BYTES)));
    const before = (this.#spots ??= now);
    return now.every((bytes, at) => bytes.length === before[at].length && bytes.every((byte, of) => byte === before[at][of]));
  }

  /** @param {number} start @param {number} end @returns {Promise<Uint8Array>} */
  async #read(start, end) {
    try {
      return new Uint8Array(await this.#file.slice(start, end).arrayBuffer());
    } catch {
      throw uploadProblem('file_unreadable', 'The file can not be read');
    }
  }
}
