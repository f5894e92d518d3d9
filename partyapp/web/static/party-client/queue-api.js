// @ts-check
/** Which films a party watches one after the other, over REST. */
import { below, partyPath } from './party-path.js';

/** @import {Requests} from './requests.js' */
/** @import {Party, Queue, QueueItem} from './types.js' */

export class QueueApi {
  #requests;

  /** @param {Requests} requests */
  constructor(requests) {
    this.#requests = requests;
  }

  /** @param {string} id of the party @returns {Promise<Queue>} in the order in which they will play */
  list(id) {
    return this.#requests.send('GET', partyPath(id, '/queue'));
  }

  /**
   * @param {string} id
   * @param {{video_id: string, next?: boolean}} fields next: before all others
   * @returns {Promise<QueueItem>} `queue_full` with 200 in it
   */
  add(id, fields) {
    return this.#requests.send('POST', partyPath(id, '/queue'), { body: fields });
  }

  /** @param {string} id @param {string} itemId @returns {Promise<null>} */
  remove(id, itemId) {
    return this.#requests.send('DELETE', partyPath(id, below('queue', itemId)));
  }

  /** @param {string} id @param {string} itemId @param {string|null} before null: to the end @returns {Promise<null>} */
  move(id, itemId, before) {
    return this.#requests.send('POST', partyPath(id, `${below('queue', itemId)}/move`), { body: { before } });
  }

  /** @param {string} id @param {string} itemId @param {boolean} wanted whether one's vote is for it @returns {Promise<null>} */
  vote(id, itemId, wanted) {
    return this.#requests.send(wanted ? 'PUT' : 'DELETE', partyPath(id, `${below('queue', itemId)}/vote`));
  }

  /** Play the first of the queue now; `queue_empty` without one. @param {string} id @returns {Promise<Party>} */
  next(id) {
    return this.#requests.send('POST', partyPath(id, '/next'), { body: {} });
  }

  /**
   * Show another film, which stands still unless it is to play.
   * @param {string} id
   * @param {{video_id: string, position_s?: number, play?: boolean}} fields
   * @returns {Promise<Party>}
   */
  show(id, fields) {
    return this.#requests.send('POST', partyPath(id, '/video'), { body: fields });
  }
}
