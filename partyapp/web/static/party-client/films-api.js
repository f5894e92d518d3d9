// @ts-check
/** The films of the contract over REST. */
import { queryOf } from './requests.js';

/** @import {Requests} from './requests.js' */
/** @import {Video, VideoKind} from './types.js' */
/** @typedef {{q?: string, kind?: VideoKind, limit?: number, cursor?: string}} FilmQuery q: words of the title */

export class FilmsApi {
  #requests;

  /** @param {Requests} requests */
  constructor(requests) {
    this.#requests = requests;
  }

  /**
   * What this person may watch: samples, the library, their own, those of their parties. Newest first, 50 a page.
   * @param {FilmQuery} [query]
   * @returns {Promise<{items: Video[], next_cursor: string|null}>}
   */
  list(query = {}) {
    return this.#requests.send('GET', `/api/videos${queryOf(query)}`);
  }

  /** @param {string} id @returns {Promise<Video>} */
  get(id) {
    return this.#requests.send('GET', videoPath(id));
  }

  /**
   * Add the film at an address. A length that is left out is told by the players later.
   * @param {{title: string, playback_url: string, duration_s?: number}} fields
   * @returns {Promise<Video>}
   */
  add(fields) {
    return this.#requests.send('POST', '/api/videos', { body: fields });
  }

  /**
   * @param {string} id of an own film
   * @param {{title?: string, duration_s?: number}} fields
   * @returns {Promise<Video>}
   */
  change(id, fields) {
    return this.#requests.send('PATCH', videoPath(id), { body: fields });
  }

  /**
   * Delete an own film with its files. `video_in_use` while an active party shows it. Again is no error.
   * @param {string} id
   * @returns {Promise<null>}
   */
  async remove(id) {
    try {
      return await this.#requests.send('DELETE', videoPath(id));
    } catch (error) {
      // The answer to the first try was lost.
      if (/** @type {any} */ (error)?.status === 404) return null;
      throw error;
    }
  }

  /**
   * Prepare a film that could not be, once more; one that is playable stays as it is.
   * @param {string} id
   */
  async prepare(id) {
    await this.#requests.send('POST', videoPath(id, '/prepare'), { body: {}, followed: false });
  }
}

/** @param {string} id @param {string} [rest] @returns {string} */
function videoPath(id, rest = '') {
  return `/api/videos/${encodeURIComponent(id)}${rest}`;
}
