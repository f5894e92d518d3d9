// @ts-check
/**
 * Commands without an answer yet. Each has an id of its own and is sent again after a reconnect: the server
 * executes an id once.
 */
import { ProblemError } from './problem.js';
import { randomUuid } from './uuid.js';

/** @typedef {import('./types.js').Scheduler} Scheduler */
/**
 * @typedef {{message: {type: string, id: string, [name: string]: any}, sent: boolean, resolve: (answer: object) => void,
 *   reject: (error: Error) => void, timer: unknown}} PendingCommand
 */

/** A command is rejected after this, however often it was sent. */
const ANSWER_TIMEOUT_MS = 15_000;
/** At most so many at once; a person does not give more. */
const MAX_PENDING = 32;

export class PendingCommands {
  /** @type {Map<string, PendingCommand>} In the order they were given. */
  #pending = new Map();
  #send;
  #scheduler;

  /**
   * @param {(message: object) => boolean} send false if it could not be sent now
   * @param {Scheduler} scheduler
   */
  constructor(send, scheduler) {
    this.#send = send;
    this.#scheduler = scheduler;
  }

  /**
   * @param {string} action
   * @param {object} fields
   * @returns {Promise<{revision: number}>} rejects with a ProblemError
   */
  issue(action, fields) {
    return this.give({ ...fields, type: 'command', action });
  }

  /**
   * Send a message that is answered, with an id of its own unless it has one.
   * @param {{type: string, id?: string, [name: string]: any}} fields
   * @param {number} [timeoutMs] it is rejected after so long
   * @returns {Promise<any>} rejects with a ProblemError
   */
  give(fields, timeoutMs = ANSWER_TIMEOUT_MS) {
    if (this.#pending.size >= MAX_PENDING) {
      const problem = { status: 429, code: 'rate_limited', title: 'Too many commands', detail: 'Too many still wait.' };
      return Promise.reject(new ProblemError(problem));
    }
    const id = fields.id ?? randomUuid();
    const message = { ...fields, id };
    return new Promise((resolve, reject) => {
      const timer = this.#scheduler.setTimeout(() => this.#timeOut(id), timeoutMs);
      this.#pending.set(id, { message, sent: this.#send(message), resolve, reject, timer });
    });
  }

  /** After a welcome: answers to what was sent before it may never come, so send all again. */
  markUnsent() {
    for (const command of this.#pending.values()) command.sent = false;
  }

  /** Send, in the order given, whatever is not sent yet. */
  flush() {
    for (const command of this.#pending.values()) {
      if (!command.sent) command.sent = this.#send(command.message);
    }
  }

  /** @param {string} id @param {number} revision @returns {boolean} whether that command was pending */
  acknowledge(id, revision) {
    return this.resolve(id, { revision });
  }

  /** @param {string} id @param {object} answer @returns {boolean} whether that message was pending */
  resolve(id, answer) {
    return this.#settle(id, (command) => command.resolve(answer));
  }

  /** @param {string} id @param {Error} error @returns {boolean} whether that command was pending */
  reject(id, error) {
    return this.#settle(id, (command) => command.reject(error));
  }

  /**
   * Resolve the commands whose effect is the end of the connection; their own answer may never come.
   * @param {string} reason why the connection is over
   * @param {number} revision the last one known
   */
  settleOnClose(reason, revision) {
    const achieved = { ended: ['end', 'leave'], removed: ['leave'] }[reason] ?? [];
    for (const [id, { message }] of [...this.#pending]) {
      if (achieved.includes(message.action)) this.acknowledge(id, revision);
    }
  }

  /** @param {Error} error for all that are pending */
  rejectAll(error) {
    for (const id of [...this.#pending.keys()]) this.reject(id, error);
  }

  /** @param {string} id */
  #timeOut(id) {
    const detail = 'The command had no answer in time. It may still have had its effect.';
    this.reject(id, new ProblemError({ status: 0, code: 'timeout', title: 'No answer', detail }));
  }

  /** @param {string} id @param {(command: PendingCommand) => void} settle @returns {boolean} */
  #settle(id, settle) {
    const command = this.#pending.get(id);
    if (!command) return false;
    this.#pending.delete(id);
    this.#scheduler.clearTimeout(command.timer);
    settle(command);
    return true;
  }
}

/** @param {string} reason @returns {ProblemError} */
export function closedError(reason) {
  const detail = `The connection to the party is closed (${reason}).`;
  return new ProblemError({ status: 0, code: 'closed', title: 'Connection closed', detail });
}
