// @ts-check
/** Which films come next, as the server has told last. Dispatched on the connection: `queue`. */

/** @import {Queue} from './types.js' */

export class QueueState {
  #dispatch;
  /** @type {Queue|null} null where the server knows of none */
  queue = null;

  /** @param {(type: string, detail: object) => void} dispatch */
  constructor(dispatch) {
    this.#dispatch = dispatch;
  }

  /** @param {any} message of the server */
  receive(message) {
    const isWelcome = message.type !== 'queue';
    const queue = isWelcome ? message.queue : message;
    if (!queue || !Array.isArray(queue.items)) return;
    // A welcome is the truth, also of a server that was restored.
    if (!isWelcome && this.queue && queue.queue_revision < this.queue.queue_revision) return;
    const { items, queue_revision, mode } = queue;
    this.queue = { items, queue_revision, mode };
    this.#dispatch('queue', this.queue);
  }
}
