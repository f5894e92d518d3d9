// @ts-check
/** Where a person's notifications go beside the page, over REST. */
/** @import {Requests} from './requests.js' */
/** @import {Channel, QuietHours} from './types.js' */

const PATH = '/api/me/channels';

export class ChannelsApi {
  #requests;

  /** @param {Requests} requests */
  constructor(requests) {
    this.#requests = requests;
  }

  /**
   * One's channels, when one isn't disturbed, and what kinds of channels may be added.
   * @returns {Promise<{items: Channel[], quiet_hours: QuietHours|null, schemes: string[]}>}
   */
  list() {
    return this.#requests.send('GET', PATH);
  }

  /**
   * Add one. It is sent a code, which `verify` takes; nothing else is sent before.
   * @param {string} address an Apprise URL or a mail address
   * @param {string[]} [kinds] of notifications
   * @returns {Promise<Channel>}
   */
  add(address, kinds) {
    return this.#requests.send('POST', PATH, { body: { address, ...(kinds ? { kinds } : {}) } });
  }

  /** Choose what it is told of. @param {string} id @param {string[]} kinds @returns {Promise<Channel>} */
  change(id, kinds) {
    return this.#requests.send('PATCH', `${PATH}/${encodeURIComponent(id)}`, { body: { kinds } });
  }

  /** @param {string} id @returns {Promise<null>} */
  remove(id) {
    return this.#requests.send('DELETE', `${PATH}/${encodeURIComponent(id)}`);
  }

  /** Have another code sent. @param {string} id @returns {Promise<Channel>} */
  sendCode(id) {
    return this.#requests.send('POST', `${PATH}/${encodeURIComponent(id)}/code`, { body: {} });
  }

  /** @param {string} id @param {string} code six digits @returns {Promise<Channel>} */
  verify(id, code) {
    return this.#requests.send('POST', `${PATH}/${encodeURIComponent(id)}/verify`, { body: { code } });
  }

  /** When not to be disturbed; null: never. @param {QuietHours|null} quiet @returns {Promise<QuietHours|null>} */
  setQuietHours(quiet) {
    const path = '/api/me/quiet-hours';
    return quiet ? this.#requests.send('PUT', path, { body: quiet }) : this.#requests.send('DELETE', path);
  }
}
