// @ts-check
/** Who is in a party, what they may do there, and who gets in, over REST. */
import { below, partyPath } from './party-path.js';
import { queryOf } from './requests.js';

/** @import {Requests} from './requests.js' */
/** @import {Ban, Grant, Invite, Member, Party} from './types.js' */

export class PeopleApi {
  #requests;

  /** @param {Requests} requests */
  constructor(requests) {
    this.#requests = requests;
  }

  /**
   * Members, the host first, then by when they joined.
   * @param {string} id of the party
   * @param {{online?: boolean, q?: string, limit?: number, cursor?: string}} [page] q: how the name begins;
   *   limit: 1 to 200
   * @returns {Promise<{items: Member[], next_cursor: string|null}>}
   */
  list(id, { online, ...page } = {}) {
    const wanted = online === undefined ? {} : { online: String(online) };
    return this.#requests.send('GET', `${partyPath(id, '/members')}${queryOf({ ...wanted, ...page })}`);
  }

  /**
   * Give a member rights of their own (host only).
   * @param {string} id
   * @param {string} userId
   * @param {Grant[]|null} grants null: what all have
   * @returns {Promise<Member>}
   */
  setGrants(id, userId, grants) {
    return this.#requests.send('PUT', partyPath(id, `${below('members', userId)}/grants`), { body: { grants } });
  }

  /**
   * Take somebody out of the party. Again is no error.
   * @param {string} id
   * @param {string} userId
   * @param {{ban?: boolean}} [options] ban: nor do they get in again
   * @returns {Promise<null>}
   */
  remove(id, userId, { ban = false } = {}) {
    return this.#requests.send('DELETE', partyPath(id, `${below('members', userId)}${ban ? '?ban=true' : ''}`));
  }

  /**
   * Who may not get in again.
   * @param {string} id
   * @returns {Promise<{items: Ban[]}>}
   */
  bans(id) {
    return this.#requests.send('GET', partyPath(id, '/bans'));
  }

  /** @param {string} id @param {string} userId @returns {Promise<null>} */
  unban(id, userId) {
    return this.#requests.send('DELETE', partyPath(id, below('bans', userId)));
  }

  /**
   * Until when a member may not write, in ms of party time; for who may moderate.
   * @param {string} id
   * @param {string} userId
   * @returns {Promise<{user_id: string, muted_until_ms: number|null}>}
   */
  muted(id, userId) {
    return this.#requests.send('GET', partyPath(id, `${below('members', userId)}/mute`));
  }

  /**
   * Let somebody write nothing for so many seconds; 0 ends it.
   * @param {string} id
   * @param {string} userId
   * @param {number} mutedS
   * @returns {Promise<{user_id: string, muted_until_ms: number|null}>}
   */
  mute(id, userId, mutedS) {
    return this.#requests.send('PUT', partyPath(id, `${below('members', userId)}/mute`), { body: { muted_s: mutedS } });
  }

  /**
   * @param {string} id
   * @returns {Promise<{items: Invite[]}>}
   */
  invites(id) {
    return this.#requests.send('GET', partyPath(id, '/invites'));
  }

  /**
   * A link of its own, which may end by itself or after so many joins.
   * @param {string} id
   * @param {{expires_in_s?: number, max_uses?: number, grants?: Grant[], user_id?: string}} [fields]
   * @returns {Promise<Invite>}
   */
  invite(id, fields = {}) {
    return this.#requests.send('POST', partyPath(id, '/invites'), { body: fields });
  }

  /** For ever. @param {string} id @param {string} inviteId @returns {Promise<null>} */
  revokeInvite(id, inviteId) {
    return this.#requests.send('DELETE', partyPath(id, below('invites', inviteId)));
  }

  /** The party's link anew (host only): the one before opens nothing any more. @param {string} id @returns {Promise<Party>} */
  newInviteCode(id) {
    return this.#requests.send('POST', partyPath(id, '/invite_code'), { body: {} });
  }
}
