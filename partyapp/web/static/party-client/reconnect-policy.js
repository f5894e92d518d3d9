// @ts-check
/**
 * What follows when a socket has closed or could not be opened, by the contract's close codes and problems.
 */
import { fullJitterMs } from './scheduler.js';

/** @typedef {import('./problem.js').ProblemError} ProblemError */
/** @typedef {'ended'|'removed'|'replaced'|'refused'} FinalReason */
/** @typedef {{retry: true, delayMs: number}|{retry: false, reason: FinalReason}} NextStep */

/**
 * Codes after which the server would close or refuse another socket too: its table is in docs/protocol.md.
 * @type {Record<number, FinalReason>}
 */
export const FINAL_REASONS = { 4403: 'removed', 4409: 'replaced', 4410: 'ended' };
/** After a restart of the service all clients reconnect, spread over this time. */
const RESTART_SPREAD_MS = 3000;
/** While the party is followed by REST a socket is tried at least this often. */
const POLLING_CAP_MS = 30_000;
/** The least wait after too many messages. */
const TOO_MANY_MS = 2000;

/**
 * @param {number} code close code of the socket
 * @param {{attempt: number, wasOpen: boolean, random: () => number, polling?: boolean}} context attempts failed since
 *   the last stable connection; whether this socket had been welcomed; whether the party is followed without one
 * @returns {NextStep}
 */
export function afterClose(code, { attempt, wasOpen, random, polling = false }) {
  const reason = FINAL_REASONS[code];
  if (reason) return { retry: false, reason };
  const backoffMs = fullJitterMs(attempt, { random, ...(polling ? { capMs: POLLING_CAP_MS } : {}) });
  if (code === 1012 && wasOpen) return { retry: true, delayMs: random() * RESTART_SPREAD_MS };
  // The socket's token expired; a new ticket may be had at once. Later attempts back off, against a loop.
  if (code === 4401 && wasOpen && attempt === 0) return { retry: true, delayMs: 0 };
  if (code === 4429) return { retry: true, delayMs: TOO_MANY_MS + backoffMs };
  return { retry: true, delayMs: backoffMs };
}

/**
 * @param {ProblemError} error why there is no ticket
 * @param {{attempt: number, random: () => number}} context
 * @returns {NextStep}
 */
export function afterNoTicket(error, { attempt, random }) {
  if (error.code === 'party_ended') return { retry: false, reason: 'ended' };
  const mayPass = error.status === 0 || error.status === 202 || error.status === 429 || error.status >= 500;
  if (!mayPass) return { retry: false, reason: error.code === 'not_a_member' ? 'removed' : 'refused' };
  return { retry: true, delayMs: (error.retryAfterMs ?? 0) + fullJitterMs(attempt, { random }) };
}
