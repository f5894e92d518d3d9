// @ts-check
/**
 * A party without its socket: where a network refuses WebSockets, `/sync` is asked each second, and what has
 * happened since is read from the party's events. It hands the same messages on as the socket would.
 */
import { ProblemError } from './problem.js';
import { afterNoTicket } from './reconnect-policy.js';
import { contextsOf, saidSince } from './rest-contexts.js';
import { messagesOf } from './rest-messages.js';

/** @import {ClockExchanged, MemberStatus, RestSource, Scheduler} from './types.js' */
/** @import {PartyTalk} from './party-talk.js' */
/** @import {PartyMessages} from './party-messages.js' */
/** @import {PendingCommands} from './pending-commands.js' */

/** From one answer to the next question. */
const POLL_MS = 1000;
/** Who is connected is read with every so many-th poll: nothing else tells of it. */
const MEMBERS_EVERY = 5;
/** After so many failures in a row the party is not followed any more. */
const LOST_AFTER = 3;
/** Without a socket for so long, ms, the party is asked for by REST: at first, and once there has been one. */
const AFTER_MS = 4000;
const AFTER_LOSS_MS = 10_000;
/** So many sockets in a row that were refused say that this network lets none through. */
const REFUSALS = 2;
/** At most so many events are read at once. */
const MOST_EVENTS = 200;

/**
 * @typedef {object} FallbackParts
 * @property {Partial<RestSource>} api
 * @property {string} partyId
 * @property {() => number} now member clock, ms
 * @property {Scheduler} scheduler
 * @property {PartyMessages} messages what handles the socket's
 * @property {PendingCommands} commands
 * @property {PartyTalk} talk
 * @property {() => (MemberStatus & {video_id?: string})|null} status the latest of this member's player
 * @property {(exchange: ClockExchanged) => void} onExchange
 * @property {(isCurrent: boolean) => void} onChange whether the party is followed this way
 * @property {(reason: string, problem: ProblemError) => void} onFinal
 */

export class RestFallback {
  #parts;
  #running = false;
  /** Counts the starts, so that an answer to an old question is known as old. */
  #order = 0;
  #polls = 0;
  #failures = 0;
  #rttMs = 0;
  /** @type {unknown} */
  #timer = null;
  #refusals = 0;
  /** @type {unknown} */
  #startTimer = null;
  /** @type {Set<string>} Commands on their way. */
  #inFlight = new Set();

  /** @param {FallbackParts} parts */
  constructor(parts) {
    this.#parts = parts;
    /** Whether the party is followed by it now. */
    this.isCurrent = false;
  }

  /** A socket is being opened. @param {boolean} wasOpen whether there has been one */
  noteAttempt(wasOpen) {
    const { scheduler } = this.#parts;
    this.#startTimer ??= scheduler.setTimeout(() => this.start(), wasOpen ? AFTER_LOSS_MS : AFTER_MS);
  }

  /** A socket was not let through. A network that refuses them does so each time: no need to wait any longer. */
  noteRefusal(/** @type {boolean} */ wasOpen) {
    this.#refusals += 1;
    if (this.#refusals >= REFUSALS && !wasOpen) this.start();
  }

  /** Follow the party, if `api` can do without a socket. */
  start() {
    if (this.#running || typeof this.#parts.api.sync !== 'function') return;
    this.#running = true;
    this.#order += 1;
    this.#polls = this.#failures = 0;
    void this.#poll(this.#order);
  }

  stop() {
    this.#running = false;
    this.isCurrent = false;
    this.#refusals = 0;
    this.#parts.scheduler.clearTimeout(this.#timer);
    this.#parts.scheduler.clearTimeout(this.#startTimer);
    this.#startTimer = null;
  }

  /** @param {string} id @returns {boolean} whether that command is on its way, so that no socket needs to send it */
  isSending(id) {
    return this.#inFlight.has(id);
  }

  /**
   * Give a command by REST; its answer is handed on as the socket's would be.
   * @param {any} message a `command` or a `chat`
   * @returns {boolean} false if the party isn't followed by REST now
   */
  send(message) {
    if (!this.isCurrent || !['command', 'chat'].includes(message.type)) return false;
    this.#inFlight.add(message.id);
    void this.#deliver(message);
    return true;
  }

  /** @returns {RestSource} */
  get #api() {
    return /** @type {RestSource} */ (this.#parts.api);
  }

  /** @param {any} message */
  async #deliver(message) {
    const { messages, commands, now } = this.#parts;
    const { id } = message;
    try {
      if (message.type === 'command') commands.acknowledge(id, await this.#run(message));
      else messages.receive({ type: 'chat', message: await this.#say(message) }, now());
    } catch (error) {
      commands.reject(id, ProblemError.from(error));
    } finally {
      this.#inFlight.delete(id);
    }
    if (this.#running) this.#pollSoon(0);
  }

  /** @param {{id: string, text: string}} message */
  #say({ id, text }) {
    if (!this.#api.chat) throw new ProblemError({ status: 404, code: 'not_found', title: 'No talk here' });
    return this.#api.chat.say(this.#parts.partyId, { id, text });
  }

  /** @param {any} command @returns {Promise<number>} the revision it led to */
  async #run({ type, id, action, user_id, ...fields }) {
    const { partyId, messages } = this.#parts;
    const api = this.#api;
    if (action === 'transfer_host') return (await api.transfer(partyId, user_id)).revision;
    if (action === 'leave') await api.leave(partyId);
    else if (action === 'end') await api.end(partyId);
    else return (await api.playback(partyId, { ...fields, action }, id)).revision;
    return messages.party?.revision ?? 0;
  }

  /** @param {number} delayMs */
  #pollSoon(delayMs) {
    const order = (this.#order += 1);
    this.#parts.scheduler.clearTimeout(this.#timer);
    this.#timer = this.#parts.scheduler.setTimeout(() => void this.#poll(order), delayMs);
  }

  /** @param {number} order */
  async #poll(order) {
    try {
      const messages = await this.#ask();
      if (order !== this.#order || !this.#running) return;
      this.#failures = 0;
      this.#polls += 1;
      this.#setCurrent(true);
      for (const message of messages) this.#handle(message);
    } catch (error) {
      if (order !== this.#order || !this.#running) return;
      this.#failed(ProblemError.from(error));
    }
    if (this.#running && order === this.#order) this.#pollSoon(POLL_MS);
  }

  /** @param {any} message as the socket's */
  #handle(message) {
    // A listener of the one before may have closed the connection.
    if (!this.#running) return;
    const { messages, commands, now } = this.#parts;
    messages.receive(message, now());
    if (message.type === 'welcome') commands.flush();
  }

  /** @param {ProblemError} problem */
  #failed(problem) {
    const next = afterNoTicket(problem, { attempt: 0, random: Math.random });
    if (!next.retry && problem.code !== 'client_error') {
      this.stop();
      this.#parts.messages.finish(next.reason);
      this.#parts.onFinal(next.reason, problem);
      return;
    }
    this.#failures += 1;
    if (this.#failures >= LOST_AFTER) this.#setCurrent(false);
  }

  /** @returns {Promise<any[]>} what the socket would have said since the last time */
  async #ask() {
    const { partyId } = this.#parts;
    const api = this.#api;
    const isFirst = this.#polls === 0;
    const whole = isFirst || this.#polls % MEMBERS_EVERY === 0 ? await api.party(partyId) : null;
    const { messages: known } = this.#parts;
    // What was missed since a socket was lost is told of too.
    const after = (isFirst ? known.resumeFrom : known.party?.revision) || whole?.revision || 0;
    const answer = await this.#sync(known.party?.revision ?? 0);
    /** @type {object[]} */
    const messages = isFirst ? [{ type: 'welcome', party: whole }] : [];
    if (!isFirst && answer.revision < (known.party?.revision ?? 0)) {
      messages.push(...(await this.#restored(known)));
    }
    // Every few seconds anew as a whole, since nothing else tells of what was deleted.
    if (whole) messages.push({ ...(await contextsOf(api, partyId)), type: 'contexts' });
    else messages.push(...(await saidSince(api, partyId, this.#parts.talk.lastSeq)));
    if (answer.revision > after) {
      const { items } = await api.events(partyId, { after, limit: MOST_EVENTS });
      messages.push(...items.flatMap(messagesOf));
    }
    const { revision, playback, server_time_ms } = answer;
    messages.push({ type: 'tick', revision, playback, server_time_ms });
    if (whole && !isFirst) messages.push({ type: 'presence', members: whole.members });
    return messages;
  }

  /**
   * A process may be behind for a moment; a party that is read and is older than what is known was restored.
   * @param {import('./party-messages.js').PartyMessages} known
   * @returns {Promise<object[]>}
   */
  async #restored(known) {
    const party = await this.#api.party(this.#parts.partyId);
    if (party.revision >= (known.party?.revision ?? 0)) return [];
    known.newSocket();
    return [{ type: 'welcome', party }];
  }

  /** @param {number} revision @returns {Promise<any>} */
  async #sync(revision) {
    const { partyId, now, status, onExchange } = this.#parts;
    const latest = status();
    const t1 = now();
    const answer = await this.#api.sync(partyId, {
      position_s: latest?.position_s ?? 0,
      state: latest === null || latest.state === 'ready' ? 'paused' : latest.state,
      revision, rtt_ms: this.#rttMs,
      ...(latest?.duration_s ? { duration_s: latest.duration_s } : {}),
      ...(latest?.video_id ? { video_id: latest.video_id } : {}),
    });
    const t4 = now();
    this.#rttMs = Math.min(60_000, Math.max(0, t4 - t1 - (answer.server_time_ms - answer.received_ms)));
    onExchange({ t1, t2: answer.received_ms, t3: answer.server_time_ms, t4 });
    return answer;
  }

  /** @param {boolean} isCurrent */
  #setCurrent(isCurrent) {
    if (this.isCurrent === isCurrent) return;
    this.isCurrent = isCurrent;
    if (isCurrent) this.#parts.messages.newSocket();
    this.#parts.onChange(isCurrent);
  }
}
