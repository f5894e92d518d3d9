// @ts-check
/**
 * The connection of a member to its party: keeps a socket open, the party current and the clock estimated,
 * whatever the network does.
 * Where the network refuses sockets the state is `polling`, and all the same events come by REST (`rest-fallback.js`).
 *
 * Events, each a CustomEvent with a `detail`: `state`, `welcome`, `playback`, `event`, `tick`,
 * `presence`, `crowd`, `video`, `host_returned`, `notification`, `removed`, `ended`, `problem`, `clock`; `talk`, `chat`, `chat_deleted`,
 * `reactions` (`party-talk.js`); `queue` (`queue-state.js`).
 */
import { ClockEstimator } from './clock-estimator.js';
import { ClockExchange } from './clock-exchange.js';
import { measureQuantumMs } from './clock-quantum.js';
import { PendingCommands, closedError } from './pending-commands.js';
import { PartyMessages } from './party-messages.js';
import { PartyTalk } from './party-talk.js';
import { PartySocket, socketUrl } from './party-socket.js';
import { QueueState } from './queue-state.js';
import { afterClose, afterNoTicket } from './reconnect-policy.js';
import { RestFallback } from './rest-fallback.js';
import { systemScheduler } from './scheduler.js';
import { SocketToken } from './socket-token.js';
import { StatusSender } from './status-sender.js';
import { WakeDetector } from './wake-detector.js';

/** @import {Clock, ClockEstimate, CommandAction, CommandFields, ConnectionOptions, ConnectionState} from './types.js' */
/** @import {MemberStatus, Party} from './types.js' @import {NextStep} from './reconnect-policy.js' */

/** A connection that lasted this long was good: the backoff starts anew after it. */
const STABLE_MS = 10_000;
/** A socket on which nothing was received for so many heartbeats is closed and opened anew. */
const SILENT_HEARTBEATS = 2.5;
/** `online` and `visibilitychange` may come several at once; at most one attempt in this time. */
const RETRY_NOW_PAUSE_MS = 1000;
/** An attempt this old may hang in a network that is gone: a wake-up replaces it. */
const STALLED_ATTEMPT_MS = 3000;

export class PartyConnection extends EventTarget {
  #options;
  #scheduler;
  #random;
  #exchange;
  #commands;
  #messages;
  #queue;
  #wakeDetector;
  #token;
  /** @type {PartySocket|null} */
  #socket = null;
  /** @type {ConnectionState} What listeners know. */
  #state = 'closed';
  /** @type {Exclude<ConnectionState, 'polling'>} Of the socket. */
  #phase = 'closed';
  #fallback;
  #statuses;
  /** @param {string} type @param {object} detail */
  #dispatch = (type, detail) => void this.dispatchEvent(new CustomEvent(type, { detail }));
  #wasOpen = false;
  #attempt = 0;
  #attemptAtMs = -Infinity;
  /** @type {unknown} */
  #retryTimer = null;
  /** @type {unknown} */
  #stableTimer = null;

  /** @param {ConnectionOptions} options */
  constructor(options) {
    super();
    const { now = () => performance.now(), scheduler = systemScheduler, random = Math.random } = options;
    this.#options = options;
    this.#scheduler = scheduler;
    this.#random = random;
    /** The member's monotonic clock, ms. */
    this.now = now;
    this.partyId = options.partyId;
    /** @type {Clock} */
    this.clock = options.clock ?? new ClockEstimator(measureQuantumMs(now));
    /** @param {object} message @param {boolean} [droppable] */
    const send = (message, droppable) => this.#socket?.send(message, { droppable }) ?? false;
    this.#exchange = new ClockExchange({ clock: this.clock, send, now, scheduler });
    this.#commands = new PendingCommands((/** @type {any} */ message) => (
      this.#fallback.isSending(message.id) || send(message, false) || this.#fallback.send(message)
    ), scheduler);
    const resync = (/** @type {string} */ reason) => this.#socket?.fail(reason);
    /** What is said in the party, and what says it. */
    this.talk = new PartyTalk({ commands: this.#commands, send, scheduler, dispatch: this.#dispatch, resync });
    this.#queue = new QueueState(this.#dispatch);
    this.#messages = new PartyMessages({
      target: this, exchange: this.#exchange, commands: this.#commands, scheduler, resync,
      partyTimeMs: () => this.partyTimeMs(), contexts: [this.talk, this.#queue],
    });
    // Who knows of a queue knows that a party's film changes.
    this.#statuses = new StatusSender(send, () => (this.queue && this.party?.video.id) ?? null);
    this.#fallback = this.#newFallback();
    this.#wakeDetector = new WakeDetector({
      ...options, now, scheduler, onCheck: () => this.#checkAlive(), onWake: (slept) => this.#onWake(slept),
    });
    this.#token = new SocketToken(options.api, (message) => send(message, false));
  }

  /** The party as of its newest revision; null before the first welcome. @returns {Party|null} */
  get party() { return this.#messages.party; }

  get queue() { return this.#queue.queue; }

  get state() { return this.#state; }

  /** Uncertainty of party time itself, from the server's latest message, ms. */
  get rootBoundMs() { return this.#exchange.rootBoundMs; }

  /** Connect, and stay connected until `close()` or until the server closes it for good. */
  open() {
    if (this.#state !== 'closed') return;
    this.#attempt = 0;
    this.#wakeDetector.start();
    this.#token.start();
    this.#connect();
  }

  /** Disconnect for good. Commands without an answer are rejected. */
  close() {
    this.#finish('closed', {});
  }

  /**
   * Give a command. It survives a reconnect, and has its effect at most once.
   * @param {CommandAction} action
   * @param {CommandFields} [fields]
   * @returns {Promise<{revision: number}>} rejects with a ProblemError; `timeout` after 15 s without an answer
   */
  command(action, fields = {}) {
    if (this.#state === 'closed') return Promise.reject(closedError('closed'));
    return this.#commands.issue(action, fields);
  }

  /**
   * Send the state of this member's player. More than four a second are dropped.
   * @param {MemberStatus} status
   * @returns {boolean} whether it was sent
   */
  sendStatus(status) {
    return this.#statuses.offer(status, this.now());
  }

  /**
   * @param {number} [localMs] an instant of the member's clock, now by default
   * @returns {ClockEstimate|null} null before the first exchange, and after a sleep until the next one
   */
  estimate(localMs = this.now()) {
    const estimate = this.clock.estimate(localMs, this.rootBoundMs);
    return Number.isFinite(estimate.boundMs) ? estimate : null;
  }

  /**
   * @param {number} [localMs] an instant of the member's clock, now by default
   * @returns {number|null} the same instant in party time; null while the clock is not known
   */
  partyTimeMs(localMs = this.now()) {
    const estimate = this.estimate(localMs);
    return estimate && localMs + estimate.offsetMs;
  }

  #connect() {
    this.#scheduler.clearTimeout(this.#retryTimer);
    this.#attemptAtMs = this.now();
    this.#enter('connecting', {});
    this.#fallback.noteAttempt(this.#wasOpen);
    const { api, partyId, WebSocketImpl = /** @type {any} */ (globalThis).WebSocket } = this.#options;
    const socket = new PartySocket({
      read: api.read, onMessage: (message, receivedMs) => this.#receive(socket, message, receivedMs),
      onEnd: (code, reason) => this.#onSocketEnd(afterClose(code, this.#context()), { code, reason }),
      onNoSocket: (problem) => {
        const next = afterNoTicket(problem, this.#context());
        // A fault in the program may not pass by itself, so it is dispatched at once, though the next attempt is made.
        if (!next.retry || problem.code === 'client_error') this.#dispatch('problem', { problem });
        this.#onSocketEnd(next, { problem });
      },
    }, this.now, this.#scheduler);
    this.#socket = socket;
    this.#messages.newSocket();
    this.#token.begin();
    const { deviceId } = this.#options;
    const from = this.#messages.resumeFrom;
    const urlFor = (/** @type {string} */ ticket) => socketUrl({ baseUrl: api.baseUrl, partyId, ticket, deviceId, from });
    void socket.connect(() => api.ticket(partyId), urlFor, WebSocketImpl);
  }

  /** @param {PartySocket} socket @param {any} message @param {number} receivedMs member clock */
  #receive(socket, message, receivedMs) {
    const welcomed = message.type === 'welcome';
    if (!welcomed && !socket.welcomed) return;
    if (welcomed) {
      this.#fallback.stop();
      this.#commands.markUnsent();
    }
    this.#messages.receive(message, receivedMs);
    // A listener of the message may have closed the connection.
    if (!welcomed || socket !== this.#socket) return;
    if (this.#phase !== 'open') {
      this.#wasOpen = true;
      this.#scheduler.clearTimeout(this.#stableTimer);
      this.#stableTimer = this.#scheduler.setTimeout(() => void (this.#attempt = 0), STABLE_MS);
      this.#enter('open', {});
      this.#exchange.start();
      this.#token.refresh();
    }
    this.#commands.flush();
  }

  #context() {
    const [wasOpen, polling] = [this.#socket?.welcomed ?? false, this.#state === 'polling'];
    return { attempt: this.#attempt, wasOpen, polling, random: this.#random };
  }

  /** @param {NextStep} next @param {object} detail */
  #onSocketEnd(next, detail) {
    if (!this.#socket?.welcomed) this.#fallback.noteRefusal(this.#wasOpen);
    this.#release();
    if (!next.retry) {
      this.#messages.finish(next.reason);
      this.#finish(next.reason, detail);
      return;
    }
    this.#attempt += 1;
    this.#retryTimer = this.#scheduler.setTimeout(() => this.#connect(), next.delayMs);
    this.#enter('waiting', { ...detail, retryInMs: next.delayMs });
  }

  /** @param {string} reason @param {object} detail */
  #finish(reason, detail) {
    if (this.#state === 'closed') return;
    this.#release();
    this.#fallback.stop();
    this.#wakeDetector.stop();
    this.#token.stop();
    this.#commands.rejectAll(closedError(reason));
    this.#enter('closed', { ...detail, reason });
  }

  #release() {
    this.#socket?.drop();
    this.#socket = null;
    this.#exchange.stop();
    this.#messages.stop();
    this.#scheduler.clearTimeout(this.#retryTimer);
    this.#scheduler.clearTimeout(this.#stableTimer);
  }

  // End the backoff, and replace a stalled attempt.
  #retryNow() {
    const sinceMs = this.now() - this.#attemptAtMs;
    const isStalled = this.#phase === 'connecting' && sinceMs >= STALLED_ATTEMPT_MS;
    if (!isStalled && !(this.#phase === 'waiting' && sinceMs >= RETRY_NOW_PAUSE_MS)) return;
    this.#release();
    this.#connect();
  }

  #checkAlive() {
    if (this.#phase !== 'open' || !this.#socket) return;
    const nowMs = this.now();
    const silentMs = nowMs - this.#socket.lastReceivedMs;
    if (silentMs > SILENT_HEARTBEATS * this.#messages.heartbeatMs || this.#exchange.isUnanswered(nowMs)) {
      this.#socket.fail('no sign of life');
    }
  }

  #newFallback() {
    const { api, partyId } = this.#options;
    return new RestFallback({
      api, partyId, now: this.now, scheduler: this.#scheduler, messages: this.#messages, commands: this.#commands,
      talk: this.talk, status: () => this.#statuses.latest,
      onExchange: (exchange) => this.#dispatch('clock', this.#exchange.take(exchange)),
      onChange: (isCurrent) => this.#show(isCurrent ? 'polling' : this.#phase, {}),
      onFinal: (reason, problem) => this.#finish(reason, { problem }),
    });
  }

  /** @param {boolean} slept */
  #onWake(slept) {
    // Silence during a sleep says nothing about the socket: the answers to the burst decide.
    if (this.#socket) this.#socket.lastReceivedMs = this.now();
    this.#exchange.wake(slept);
    this.#retryNow();
  }

  /** @param {Exclude<ConnectionState, 'polling'>} phase @param {object} detail */
  #enter(phase, detail) {
    this.#phase = phase;
    const isTrying = phase === 'connecting' || phase === 'waiting';
    if (isTrying && this.#fallback.isCurrent) return;
    this.#show(phase, detail);
  }

  /** @param {ConnectionState} state @param {object} detail */
  #show(state, detail) {
    const previous = this.#state;
    this.#state = state;
    this.#dispatch('state', { ...detail, state, previous });
  }
}
