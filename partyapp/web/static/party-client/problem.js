// @ts-check
/**
 * One error for everything the backend, or the way to it, can refuse: a problem (RFC 9457).
 */

/** @typedef {import('./types.js').Problem} Problem */

export class ProblemError extends Error {
  /**
   * @param {Problem} problem
   * @param {{retryAfterMs?: number|null, cause?: unknown}} [more] how long the server asked us to wait
   */
  constructor(problem, { retryAfterMs = null, cause } = {}) {
    const title = typeof problem.title === 'string' ? problem.title : 'Error';
    const detail = typeof problem.detail === 'string' ? problem.detail : '';
    super(detail || title, cause === undefined ? undefined : { cause });
    this.name = 'ProblemError';
    /** HTTP status; 0 when there was no answer at all. */
    this.status = typeof problem.status === 'number' ? problem.status : 0;
    /**
     * One of the contract's codes, or one of this library's: `network_error`, `timeout`, `closed`, `replaced`,
     * `unknown`, and `client_error` for a fault in the program itself.
     */
    this.code = typeof problem.code === 'string' ? problem.code : 'unknown';
    this.title = title;
    this.detail = detail;
    /** @type {Record<string, string[]>} Why, field by field, for `validation_failed`. */
    this.errors = problem.errors && typeof problem.errors === 'object' ? problem.errors : {};
    /** Whether the session was ended by its person, perhaps on another device. */
    this.signedOut = problem.signed_out === true;
    /** @type {string|null} Why signing in at a provider failed. */
    this.login = typeof problem.login === 'string' ? problem.login : null;
    /** @type {number|null} */
    this.retryAfterMs = retryAfterMs;
  }

  /**
   * Whatever was thrown, as a ProblemError. Anything else is a fault in the program, and no failure of the network.
   * @param {unknown} error
   * @returns {ProblemError}
   */
  static from(error) {
    if (error instanceof ProblemError) return error;
    return withCause('client_error', 'Error in the client', error);
  }

  /**
   * What failed on the way to the backend or back.
   * @param {unknown} error
   * @returns {ProblemError}
   */
  static ofNetwork(error) {
    return withCause('network_error', 'Network error', error);
  }
}

/** @param {string} code @param {string} title @param {unknown} cause @returns {ProblemError} */
function withCause(code, title, cause) {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new ProblemError({ status: 0, code, title, detail }, { cause });
}

/**
 * Turn an answer that is not a success into a ProblemError. A proxy's HTML page has no problem in it:
 * then the status alone speaks.
 * @param {Response} response
 * @param {number|null} retryAfter milliseconds, from the header
 * @returns {Promise<ProblemError>}
 */
export async function problemOf(response, retryAfter) {
  /** @type {Problem} */
  let problem = {};
  try {
    const body = await response.json();
    if (body && typeof body === 'object') problem = body;
  } catch {
    // Not JSON: the status is all there is.
  }
  return new ProblemError(
    {
      ...problem,
      status: typeof problem.status === 'number' ? problem.status : response.status,
      title: problem.title || response.statusText || `HTTP ${response.status}`,
      code: problem.code || codeOf(response.status),
    },
    { retryAfterMs: retryAfter },
  );
}

/** @param {number} status @returns {string} */
function codeOf(status) {
  /** @type {Record<number, string>} */
  const codes = {
    400: 'malformed_json', 401: 'unauthenticated', 403: 'forbidden', 404: 'not_found', 413: 'payload_too_large',
    415: 'unsupported_media_type', 422: 'validation_failed', 429: 'rate_limited', 502: 'unavailable',
    503: 'unavailable', 504: 'unavailable',
  };
  return codes[status] ?? 'unknown';
}
