// @ts-check
/**
 * What to do when a socket has closed, or no ticket was to be had: the contract's close codes, one by one.
 */
import { fullJitterMs } from './scheduler.js';

/** @typedef {import('./problem.js').ProblemError} ProblemError */
/** @typedef {'ended'|'removed'|'replaced'|'refused'} FinalReason */
/** @typedef {{retry: true, delayMs: number}|{retry: false, reason: FinalReason}} NextStep */

/** Codes after which the server won't have this connection back; the server's table is `CloseCode` in Python. */
export const FINAL_REASONS = /** @type {Record<number, FinalReason>} */ ({ 4403: 'removed', 4409: 'replaced', 4410: 'ended' });
/** After a restart of the service its whole crowd comes back, spread over this time. */
const RESTART_SPREAD_MS = 3000;
/** Whoever sent too much waits at least this long. */
const TOO_MANY_MS = 2000;

/**
 * @param {number} code close code of the socket
 * @param {{attempt: number, wasOpen: boolean, random: () => number}} context attempts failed since the last
 *   stable connection; whether this socket had been welcomed
 * @returns {NextStep}
 */
export function afterClose(code, { attempt, wasOpen, random }) {
  const reason = FINAL_REASONS[code];
  if (reason) return { retry: false, reason };
  const backoffMs = fullJitterMs(attempt, { random });
  if (code === 1012 && wasOpen) return { retry: true, delayMs: random() * RESTART_SPREAD_MS };
  // The token of the socket ran out, not the member's welcome: at once, but never in a loop.
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
