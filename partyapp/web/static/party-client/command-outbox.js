// @ts-check
/**
 * Commands on their way: each has an id of its own and waits for its answer, over a reconnect if need be.
 * The server does nothing twice for the same id, so an unanswered command may be sent again.
 */
import { ProblemError } from './problem.js';
import { randomUuid } from './uuid.js';

/** @typedef {import('./types.js').Scheduler} Scheduler */
/**
 * @typedef {{message: {action: string}, sent: boolean, resolve: (answer: {revision: number}) => void,
 *   reject: (error: Error) => void, timer: unknown}} Waiting
 */

/** A command is given up after this, and so is its repetition. */
const ANSWER_TIMEOUT_MS = 15_000;
/** More commands than this at once are no human's. */
const MAX_WAITING = 32;

export class CommandOutbox {
  /** @type {Map<string, Waiting>} In the order they were given. */
  #waiting = new Map();
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
    if (this.#waiting.size >= MAX_WAITING) {
      const problem = { status: 429, code: 'rate_limited', title: 'Too many commands', detail: 'Too many still wait.' };
      return Promise.reject(new ProblemError(problem));
    }
    const id = randomUuid();
    const message = { ...fields, type: 'command', id, action };
    return new Promise((resolve, reject) => {
      const timer = this.#scheduler.setTimeout(() => this.#giveUp(id), ANSWER_TIMEOUT_MS);
      this.#waiting.set(id, { message, sent: this.#send(message), resolve, reject, timer });
    });
  }

  /** A new socket, or a fresh start on the old one: answers to what was sent before may never come. */
  markUnsent() {
    for (const waiting of this.#waiting.values()) waiting.sent = false;
  }

  /** Send, in the order given, whatever is not sent yet. */
  flush() {
    for (const waiting of this.#waiting.values()) {
      if (!waiting.sent) waiting.sent = this.#send(waiting.message);
    }
  }

  /** @param {string} id @param {number} revision @returns {boolean} whether that command waited */
  acknowledge(id, revision) {
    return this.#take(id, (waiting) => waiting.resolve({ revision }));
  }

  /** @param {string} id @param {Error} error @returns {boolean} whether that command waited */
  refuse(id, error) {
    return this.#take(id, (waiting) => waiting.reject(error));
  }

  /**
   * What happens to the connection may be the very effect of a command: then it has succeeded, though its
   * own answer comes later or never.
   * @param {string} reason why the connection is over
   * @param {number} revision the last one known
   */
  achieve(reason, revision) {
    const achieved = { ended: ['end', 'leave'], removed: ['leave'] }[reason] ?? [];
    for (const [id, { message }] of [...this.#waiting]) {
      if (achieved.includes(message.action)) this.acknowledge(id, revision);
    }
  }

  /** @param {Error} error for all that still wait */
  refuseAll(error) {
    for (const id of [...this.#waiting.keys()]) this.refuse(id, error);
  }

  /** @param {string} id */
  #giveUp(id) {
    const detail = 'The command had no answer in time. It may still have had its effect.';
    this.refuse(id, new ProblemError({ status: 0, code: 'timeout', title: 'No answer', detail }));
  }

  /** @param {string} id @param {(waiting: Waiting) => void} settle @returns {boolean} */
  #take(id, settle) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return false;
    this.#waiting.delete(id);
    this.#scheduler.clearTimeout(waiting.timer);
    settle(waiting);
    return true;
  }
}

/** @param {string} reason @returns {ProblemError} */
export function closedError(reason) {
  const detail = `The connection to the party is closed (${reason}).`;
  return new ProblemError({ status: 0, code: 'closed', title: 'Connection closed', detail });
}
