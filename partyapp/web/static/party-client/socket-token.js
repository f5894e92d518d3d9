// @ts-check
/**
 * The token that an open socket goes on with: each fresh one is handed to it, so that the server doesn't close
 * it when the one before ends.
 */

/** @typedef {import('./types.js').TicketSource} TicketSource */

export class SocketToken {
  #tokens;
  #send;
  /** @type {string|null} The newest token that the server knows for this socket. */
  #known = null;
  #onToken = () => this.refresh();

  /**
   * @param {TicketSource} api one without `tokens` has none that change
   * @param {(message: object) => boolean} send false if there is no open socket
   */
  constructor(api, send) {
    this.#tokens = api.tokens;
    this.#send = send;
  }

  start() {
    this.#tokens?.addEventListener('token', this.#onToken);
  }

  stop() {
    this.#tokens?.removeEventListener('token', this.#onToken);
  }

  /** A ticket is asked for: the socket begins with the token of now. */
  begin() {
    this.#known = this.#tokens?.token ?? null;
  }

  /** The socket is open, or there is a fresh token. */
  refresh() {
    const token = this.#tokens?.token ?? null;
    if (token === null || token === this.#known) return;
    if (this.#send({ type: 'renew', access_token: token })) this.#known = token;
  }
}
