// @ts-check
/** Signing in at an OpenID Connect provider that the operator has named; 403 where there is none. */

/** @typedef {import('./requests.js').Requests} Requests */
/** @typedef {import('./rest.js').SignedIn} SignedIn */

/** What ties the two ends of a login together is a cookie. */
const AT_LOGIN = { cookies: true, renewable: false };

export class AccountApi {
  #requests;

  /** @param {Requests} requests */
  constructor(requests) {
    this.#requests = requests;
  }

  /**
   * Begin to sign in: where the browser goes, and for how long (s) that holds. Sent once: a person waits for it.
   * @returns {Promise<{url: string, expires_in: number}>}
   */
  begin() {
    return this.#requests.send('POST', '/api/auth/oidc/begin', { ...AT_LOGIN, body: {}, attempts: 1 });
  }

  /**
   * Sign in with what the provider has sent this browser back with. Sent once, as the code is good once. The token
   * is kept for the calls that follow.
   * @param {{code: string, state: string, iss?: string}} answer
   * @returns {Promise<SignedIn>} rejects with a ProblemError whose `login` says why
   */
  async signIn(answer) {
    const options = { ...AT_LOGIN, body: answer, attempts: 1 };
    return this.#requests.tokens.adopt(await this.#requests.send('POST', '/api/auth/oidc', options));
  }

  /**
   * Where the browser ends its session at the provider; null where it can't.
   * @returns {Promise<string|null>}
   */
  async logoutUrl() {
    return (await this.#requests.send('GET', '/api/auth/oidc/logout', { attempts: 1, renewable: false })).url;
  }
}
