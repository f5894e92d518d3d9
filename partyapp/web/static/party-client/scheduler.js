// @ts-check
/**
 * Time as the library sees it: timers, a cancellable wait, and the waits between attempts.
 *
 * Everything that waits takes its timers from a `Scheduler`, so that a test can run minutes of a party
 * in virtual time.
 */

/** @typedef {import('./types.js').Scheduler} Scheduler */

/** @type {Scheduler} The timers of the page (or of node). */
export const systemScheduler = {
  // Called through globalThis each time: a browser refuses a detached `setTimeout`.
  setTimeout: (run, delayMs) => globalThis.setTimeout(run, delayMs),
  clearTimeout: (handle) => globalThis.clearTimeout(handle),
};

/**
 * Wait for a time, or less if the signal aborts.
 * @param {Scheduler} scheduler
 * @param {number} delayMs milliseconds, at least 0
 * @param {AbortSignal} [signal] rejects with the signal's reason
 * @returns {Promise<void>}
 */
export function wait(scheduler, delayMs, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      scheduler.clearTimeout(handle);
      reject(signal?.reason);
    };
    const handle = scheduler.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, Math.max(0, delayMs));
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Exponential backoff with full jitter: uniform in [0, min(cap, base * 2^attempt)].
 *
 * Full jitter spreads a crowd of clients best: see "Exponential Backoff And Jitter" (AWS Architecture
 * Blog, 2015).
 * @param {number} attempt 0 for the first retry
 * @param {{baseMs?: number, capMs?: number, random?: () => number}} [options]
 * @returns {number} milliseconds
 */
export function fullJitterMs(attempt, { baseMs = 500, capMs = 10_000, random = Math.random } = {}) {
  return random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
}

/**
 * Read a `Retry-After` header (RFC 9110 section 10.2.3): seconds, or an HTTP date.
 * @param {string|null|undefined} header
 * @param {number} wallNowMs the wall clock, for a date
 * @returns {number|null} milliseconds from now, at least 0; null if there is none or it can't be read
 */
export function retryAfterMs(header, wallNowMs = Date.now()) {
  if (!header) return null;
  const trimmed = header.trim();
  if (/^\d+$/.test(trimmed)) return Number(trimmed) * 1000;
  const date = Date.parse(trimmed);
  return Number.isNaN(date) ? null : Math.max(0, date - wallNowMs);
}
