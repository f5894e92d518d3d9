// @ts-check
/**
 * One WebSocket from its ticket to its end, which is reported once. A socket that was dropped calls no
 * handler any more, whatever its TCP connection still does.
 */
import { ProblemError } from './problem.js';

/** @typedef {import('./types.js').Scheduler} Scheduler */

/**
 * What the library needs of a WebSocket; the browser's own has it.
 * @typedef {object} SocketLike
 * @property {number} readyState
 * @property {number} bufferedAmount
 * @property {(data: string) => void} send
 * @property {(code?: number, reason?: string) => void} close
 * @property {((event: any) => void)|null} onmessage
 * @property {((event: any) => void)|null} onclose
 * @property {((event: any) => void)|null} onerror
 */
/** @typedef {new (url: string, protocols: string[]) => SocketLike} SocketConstructor */

/**
 * @typedef {object} SocketHandlers
 * @property {(message: any, receivedMs: number) => void} onMessage a frame with a `type`
 * @property {(text: string) => any} [read] what reads the JSON of messages
 * @property {(code: number, reason: string) => void} onEnd once; 1006 without a close frame
 * @property {(error: ProblemError) => void} onNoSocket once, instead of onEnd: no ticket, or no way to open a socket
 */

const SUBPROTOCOL = 'party.v1';
/** From the ticket's answer to the welcome: longer, and the attempt has failed. */
const WELCOME_TIMEOUT_MS = 10_000;
/** The contract's limit for one message. */
const MAX_FRAME_BYTES = 16 * 1024;
/** With this much unsent, the network takes nothing: more would only be late. */
const MAX_BUFFERED_BYTES = 64 * 1024;
const OPEN = 1;
const NO_WEBSOCKET = 'There is no WebSocket here. Give one to PartyConnection as `WebSocketImpl` (in Node.js before 22: '
  + 'that of the package `ws`); until then the party is followed by REST alone.';

export class PartySocket {
  /** @type {SocketLike|null} */
  #socket = null;
  #ended = false;
  /** @type {unknown} */
  #deadline = null;
  #handlers;
  #now;
  #scheduler;

  /**
   * @param {SocketHandlers} handlers
   * @param {() => number} now member clock, ms
   * @param {Scheduler} scheduler
   */
  constructor(handlers, now, scheduler) {
    this.#handlers = handlers;
    this.#now = now;
    this.#scheduler = scheduler;
    /** Whether the server's welcome has come. */
    this.welcomed = false;
    /** When something was last received, member clock; and until then, when it was begun. */
    this.lastReceivedMs = now();
  }

  /**
   * Get a ticket and connect. The long-lived token never goes into a URL; a ticket works once.
   * @param {() => Promise<{ticket: string}>} getTicket
   * @param {(ticket: string) => string} urlFor
   * @param {SocketConstructor|undefined} WebSocketImpl none: that is said, as `onNoSocket`
   */
  async connect(getTicket, urlFor, WebSocketImpl) {
    let ticket;
    try {
      ({ ticket } = await getTicket());
    } catch (error) {
      this.#failToOpen(error);
      return;
    }
    if (this.#ended) return;
    if (typeof WebSocketImpl !== 'function') {
      this.#failToOpen(new TypeError(NO_WEBSOCKET));
      return;
    }
    this.#deadline = this.#scheduler.setTimeout(() => this.#end(1006, 'no welcome'), WELCOME_TIMEOUT_MS);
    try {
      this.#listen(new WebSocketImpl(urlFor(ticket), [SUBPROTOCOL]));
    } catch (error) {
      // One that this page may not open.
      this.#failToOpen(error);
    }
  }

  /** @param {unknown} error */
  #failToOpen(error) {
    if (this.#ended) return;
    this.#ended = true;
    this.#release(1000);
    this.#handlers.onNoSocket(ProblemError.from(error));
  }

  /** @param {SocketLike} socket */
  #listen(socket) {
    this.#socket = socket;
    socket.onmessage = (event) => {
      // First of all, before any parsing: this is t4 of a clock exchange.
      const receivedMs = this.#now();
      if (this.#ended) return;
      this.lastReceivedMs = receivedMs;
      const message = parse(event.data, this.#handlers.read ?? JSON.parse);
      if (message?.type === 'welcome') {
        this.welcomed = true;
        this.#scheduler.clearTimeout(this.#deadline);
      }
      if (message) this.#handlers.onMessage(message, receivedMs);
    };
    socket.onclose = (event) => this.#end(event.code ?? 1006, event.reason ?? '');
    // An error is always followed by a close, which has a code.
    socket.onerror = () => {};
  }

  /**
   * @param {object} message
   * @param {{droppable?: boolean}} [options] droppable: not worth sending late
   * @returns {boolean} false if it was not sent
   */
  send(message, { droppable = true } = {}) {
    const socket = this.#socket;
    if (!socket || this.#ended || !this.welcomed || socket.readyState !== OPEN) return false;
    if (droppable && socket.bufferedAmount > MAX_BUFFERED_BYTES) return false;
    const text = JSON.stringify(message);
    // Three bytes a character is the most UTF-8 takes; only a long text is worth counting.
    if (text.length * 3 > MAX_FRAME_BYTES && new TextEncoder().encode(text).length > MAX_FRAME_BYTES) return false;
    socket.send(text);
    return true;
  }

  /** End it and call onEnd: it is silent, or a revision is missing. @param {string} reason */
  fail(reason) {
    this.#end(1006, reason);
  }

  /** Close it without calling a handler. @param {number} [code] */
  drop(code = 1000) {
    this.#ended = true;
    this.#release(code);
  }

  /** @param {number} code @param {string} reason */
  #end(code, reason) {
    if (this.#ended) return;
    this.#ended = true;
    this.#release(1000);
    this.#handlers.onEnd(code, reason);
  }

  /** @param {number} code */
  #release(code) {
    this.#scheduler.clearTimeout(this.#deadline);
    const socket = this.#socket;
    if (!socket) return;
    socket.onmessage = null;
    socket.onclose = null;
    // A lost connection may take minutes to close; its end is not awaited.
    socket.close(code);
  }
}

/**
 * @param {unknown} data
 * @param {(text: string) => any} read
 * @returns {any} the message; null if it is none
 */
function parse(data, read) {
  if (typeof data !== 'string') return null;
  try {
    const message = read(data);
    return message && typeof message === 'object' && typeof message.type === 'string' ? message : null;
  } catch {
    return null;
  }
}

/**
 * @param {{baseUrl: string, partyId: string, ticket: string, deviceId: string|undefined, from: number}} parts
 *   from: the last revision known, 0 for none
 * @returns {string}
 */
export function socketUrl({ baseUrl, partyId, ticket, deviceId, from }) {
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}/api/parties/${encodeURIComponent(partyId)}/ws`);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('ticket', ticket);
  if (deviceId) url.searchParams.set('device_id', deviceId);
  if (from > 0) url.searchParams.set('last_revision', String(from));
  return url.href;
}
