// @ts-check
/** An AbortController that follows a signal: what `AbortSignal.any` does, which Safari before 17.4 doesn't know. */

/**
 * @param {AbortSignal} signal
 * @returns {{controller: AbortController, unlink: () => void}} unlink: when it is needed no more
 */
export function linkedAbort(signal) {
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  return { controller, unlink: () => signal.removeEventListener('abort', onAbort) };
}
