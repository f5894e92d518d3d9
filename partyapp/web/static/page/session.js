/** The user of this browser: somebody with a token; a guest also has a name to sign in again with. */

import { PartyApi } from '../party-client/index.js';
import { BASE_PATH, toldPublicUrl } from './addresses.js';
import { loadIsGuest, loadName, loadToken, saveIsGuest, saveName, saveToken } from './storage.js';

export class Session {
  /** Whether the proxy in front has said who this is. */
  #isByProxy = false;

  constructor() {
    const told = toldPublicUrl(document.head);
    this.api = new PartyApi({
      baseUrl: window.location.origin + BASE_PATH,
      publicUrl: told?.source === 'setting' ? told.url : null,
      token: loadToken(),
    });
    /** `{id, display_name}` once known, else null. */
    this.user = null;
    /** Whether the site around this page has said who this is: then it alone does, and nothing of it is kept. */
    this.isGiven = false;
    /** Whether the proxy in front of the service says who this is. */
    this.isProxied = document.head.querySelector('meta[name="party-login"]')?.content === 'proxy';
    /** What the button says by which one signs in at the operator's provider; null where there is none. */
    this.accountLabel = document.head.querySelector('meta[name="party-account"]')?.content ?? null;
    /** Whether a name alone is enough. */
    this.takesGuests = document.head.querySelector('meta[name="party-guests"]')?.content !== 'off';
    /** True after the session was ended on another device, until somebody signs in here. */
    this.signedOut = false;
    this.api.tokens.addEventListener('token', ({ detail }) => {
      if (!this.isGiven) saveToken(detail);
    });
  }

  /** The name used last in this browser, to fill in a form. */
  get lastName() {
    return loadName();
  }

  /** Whether this person came by a name alone: then the same name takes the place of a session that has ended. */
  get isGuest() {
    return loadIsGuest();
  }

  /** Whether signing out here leads back: by an account, or another device's code. The proxy would sign in at once. */
  get canSignOut() {
    return !this.isGuest && !this.#isByProxy;
  }

  /** Signs in with what the provider has sent along. Throws ProblemError, whose `login` says why. */
  async signInAccount(answer) {
    return this.#signedIn(await this.api.account.signIn(answer));
  }

  /** Signs in as a new guest. Throws ProblemError when the name is refused. */
  async signIn(displayName) {
    return this.#signedIn(await this.api.guest(displayName), true);
  }

  /** Takes the token of the site around this page: who it names is the user. Throws ProblemError for one that names nobody. */
  async take(token) {
    this.isGiven = true;
    this.api.token = token;
    this.api.tokens.dispatchEvent(new CustomEvent('token', { detail: token }));
    this.user = await this.api.me();
    return this.user;
  }

  /** Signs in as the person who got this code on another device. Throws ProblemError for a code that opens nothing. */
  async signInDevice(code) {
    return this.#signedIn(await this.api.signInDevice(code));
  }

  /** Changes this person's name everywhere. Throws ProblemError when it is refused. */
  async rename(displayName) {
    return this.#signedIn(await this.api.rename(displayName), this.isGuest);
  }

  /** Ends this session, or with `everywhere` all of this person's; the next visit asks for a name. */
  async signOut(options) {
    await this.api.signOut(options);
    if (!this.isGuest) saveName(null);
    saveIsGuest(true);
    this.forget();
  }

  #signedIn(answer, isGuest = false) {
    this.user = answer.user;
    this.signedOut = false;
    saveIsGuest(isGuest);
    saveName(answer.user.display_name);
    return this.user;
  }

  /**
   * Takes up the token in the browser, if there is one, and renews it: it is then kept fresh.
   * Where a guest's has ended by itself, a new guest signs in under the remembered name. Answers the user, or null
   * when somebody has to be asked: also where its person has ended it on another device, which `signedOut` says then.
   */
  async restore() {
    if (this.isProxied) {
      try {
        // Whoever used this browser before: the proxy in front says who does now.
        const user = this.#signedIn(await this.api.signInProxied());
        this.#isByProxy = true;
        return user;
      } catch (error) {
        // It names nobody, or this page came another way.
        if (![401, 403].includes(error?.status)) throw error;
        this.#isByProxy = false;
      }
    }
    const token = loadToken();
    if (!token) return null;
    this.api.token = token;
    try {
      return this.#signedIn(await this.api.renew(), this.isGuest);
    } catch (error) {
      // A token of an identity provider is the provider's to renew; it may hold all the same.
      if (error?.status === 403) return this.#known(await this.api.me());
      if (error?.status !== 401) throw error;
      return this.#signInAnew(error.signedOut);
    }
  }

  #known(user) {
    return this.#signedIn({ user }, this.isGuest);
  }

  /**
   * After the token was refused: signs in anew with the remembered name. Answers null when there is none, and
   * where the session was ended on another device: nobody becomes somebody new without a word.
   */
  async renew() {
    if (this.isGiven) return null;
    if (this.api.token === null) return this.signedOut ? null : this.#signInAnew(false);
    return this.restore();
  }

  async #signInAnew(signedOut) {
    this.forget();
    this.signedOut = signedOut;
    const name = loadName();
    return name && !signedOut && this.takesGuests && this.isGuest ? this.signIn(name) : null;
  }

  /** Drops the token, so that the next visit asks for a name. */
  forget() {
    saveToken(null);
    this.api.token = null;
    this.user = null;
  }
}
