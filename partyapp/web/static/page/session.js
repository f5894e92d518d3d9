/** The user of this browser: a guest with a token, and a name to sign in again with. */

import { PartyApi } from '/static/party-client/index.js';
import { loadName, loadToken, saveName, saveToken } from './storage.js';

export class Session {
  constructor() {
    this.api = new PartyApi({ baseUrl: window.location.origin, token: loadToken() });
    /** `{id, display_name}` once known, else null. */
    this.user = null;
  }

  /** The name used last in this browser, to fill in a form. */
  get lastName() {
    return loadName();
  }

  /** Signs in as a new guest. Throws ProblemError when the name is refused. */
  async signIn(displayName) {
    const answer = await this.api.guest(displayName);
    this.api.token = answer.access_token;
    this.user = answer.user;
    saveToken(answer.access_token);
    saveName(answer.user.display_name);
    return this.user;
  }

  /**
   * Takes up the token in the browser, if there is one.
   * An expired one is replaced under the remembered name. Answers the user, or null when a name is needed.
   */
  async restore() {
    const token = loadToken();
    if (!token) return null;
    this.api.token = token;
    try {
      this.user = await this.api.me();
      saveName(this.user.display_name);
      return this.user;
    } catch (error) {
      if (error?.status !== 401) throw error;
      return this.renew();
    }
  }

  /** Signs in anew with the remembered name; null when there is none. */
  async renew() {
    this.forget();
    const name = loadName();
    return name ? this.signIn(name) : null;
  }

  /** Drops the token, so that the next visit asks for a name. */
  forget() {
    saveToken(null);
    this.api.token = null;
    this.user = null;
  }
}
