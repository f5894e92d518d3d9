// @ts-check
/**
 * What is said in a party: the latest messages in their order, and one's own on their way. They have an order of
 * their own (`seq`), which says nothing of the party's revisions.
 *
 * Dispatched on the connection: `talk` (all is told anew), `chat`, `chat_deleted`, `muted`, `reactions`.
 */

/** @import {ChatMessage, Scheduler} from './types.js' */
/** @import {PendingCommands} from './pending-commands.js' */

/** So many messages are kept at most; what is older can be read by REST. */
const MOST_KEPT = 500;
/** Messages of two processes may cross; one that is missing for longer was lost. */
const GAP_MS = 2000;
/** A message is worth saying after a connection that was lost for so long; nothing that all see moves by it. */
const SAY_TIMEOUT_MS = 60_000;

export class PartyTalk {
  #parts;
  /** @type {ChatMessage[]} A new array with every change; by rising `seq`. */
  messages = [];
  /** Of the newest message, deleted or not; 0 before the first. */
  lastSeq = 0;
  /** @type {Set<number>} What is missing between those that have come. */
  #missing = new Set();
  /** @type {unknown} */
  #timer = null;

  /**
   * @param {object} parts
   * @param {PendingCommands} parts.commands
   * @param {(message: object) => boolean} parts.send what may get lost
   * @param {Scheduler} parts.scheduler
   * @param {(type: string, detail: object) => void} parts.dispatch
   * @param {(reason: string) => void} parts.resync
   */
  constructor(parts) {
    this.#parts = parts;
    /** Whether this server knows of talk. */
    this.isKnown = false;
    /** @type {number|null} Until when this member may not write, in party time. */
    this.mutedUntilMs = null;
  }

  /**
   * Say something to all. It survives a reconnect within a minute, and is said once: the same `id` again is the same
   * message, also after a `timeout`, which leaves open whether it was said.
   * @param {string} text 1 to 500 characters
   * @param {{id?: string}} [options] `id` is a UUID of one's own
   * @returns {Promise<any>} rejects with a ProblemError: `chat_disabled`, `muted`, `rate_limited`, `timeout`, …
   */
  say(text, { id } = {}) {
    return this.#parts.commands.give({ type: 'chat', text, ...(id ? { id } : {}) }, SAY_TIMEOUT_MS);
  }

  /** Show an emoji over everybody's picture. @param {string} emoji @returns {boolean} whether it was sent */
  react(emoji) {
    return this.#parts.send({ type: 'react', emoji });
  }

  /** @param {any} message of the server */
  receive(message) {
    if (message.chat) this.#welcome(message.chat);
    else if (message.type === 'chat' && message.message) this.#said(message.message);
    else if (message.type === 'chat_deleted') this.#deleted(message.seq);
    else if (message.type === 'muted') this.#muted(message.until_ms);
    else if (message.type === 'reactions') this.#parts.dispatch('reactions', message);
  }

  /** @param {{last_seq: number, messages: ChatMessage[], muted_until_ms?: number|null}} chat its latest: whatever isn't there is gone, or older */
  #welcome({ last_seq, messages, muted_until_ms = null }) {
    this.isKnown = true;
    this.mutedUntilMs = muted_until_ms;
    this.messages = messages.filter(({ deleted }) => !deleted);
    this.lastSeq = last_seq;
    this.#missing.clear();
    for (const { id } of messages) this.#parts.commands.resolve(id, {});
    this.#parts.dispatch('talk', {});
  }

  /** @param {ChatMessage} message */
  #said(message) {
    this.#parts.commands.resolve(message.id, { message });
    const { seq } = message;
    if (message.deleted) return this.#deleted(seq);
    if (seq <= this.lastSeq && !this.#missing.delete(seq)) return;
    for (let missing = this.lastSeq + 1; missing < seq; missing += 1) this.#missing.add(missing);
    this.lastSeq = Math.max(this.lastSeq, seq);
    const kept = [...this.messages, message].sort((one, other) => one.seq - other.seq);
    this.messages = kept.slice(-MOST_KEPT);
    this.#watchGap();
    this.#parts.dispatch('chat', { message });
  }

  /** @param {number} seq */
  #deleted(seq) {
    this.#missing.delete(seq);
    this.lastSeq = Math.max(this.lastSeq, seq);
    this.messages = this.messages.filter((one) => one.seq !== seq);
    this.#parts.dispatch('chat_deleted', { seq });
  }

  /** @param {number|null} untilMs */
  #muted(untilMs) {
    this.mutedUntilMs = untilMs;
    this.#parts.dispatch('muted', { untilMs });
  }

  #watchGap() {
    if (this.#missing.size === 0 || this.#timer !== null) return;
    const awaited = [...this.#missing];
    this.#timer = this.#parts.scheduler.setTimeout(() => {
      this.#timer = null;
      if (awaited.some((seq) => this.#missing.has(seq))) this.#parts.resync('a chat message is missing');
      else this.#watchGap();
    }, GAP_MS);
  }
}
