// @ts-check
/** What is said in a party, over REST. */
import { below, partyPath } from './party-path.js';
import { queryOf } from './requests.js';

/** @import {Requests} from './requests.js' */
/** @import {ChatMessage} from './types.js' */
/**
 * @typedef {{after?: number, before?: number, limit?: number, video_id?: string, from_s?: number,
 *   to_s?: number}} ChatQuery after, before: of a `seq`; from_s, to_s: of a place in that film
 */

export class ChatApi {
  #requests;

  /** @param {Requests} requests */
  constructor(requests) {
    this.#requests = requests;
  }

  /**
   * Oldest first.
   * @param {string} id of the party
   * @param {ChatQuery} [query]
   * @returns {Promise<{items: ChatMessage[]}>}
   */
  list(id, query = {}) {
    return this.#requests.send('GET', `${partyPath(id, '/chat')}${queryOf({ ...query })}`);
  }

  /**
   * @param {string} id
   * @param {{id?: string, text: string}} message its id, a UUID: the same again is the same message
   * @returns {Promise<ChatMessage>}
   */
  say(id, message) {
    return this.#requests.send('POST', partyPath(id, '/chat'), { body: message });
  }

  /** Take a message back, or another's as who moderates. @param {string} id @param {number} seq @returns {Promise<null>} */
  remove(id, seq) {
    return this.#requests.send('DELETE', partyPath(id, below('chat', String(seq))));
  }
}
