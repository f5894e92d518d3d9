/** The addresses of parties on this page: written and read in one place. */

const PARTY_PATH = /^\/p\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/?$/i;

/** The path of a party's page, with its invite where the party shows one. */
export function partyPath({ id, invite_code: inviteCode }) {
  const query = inviteCode ? `?invite=${encodeURIComponent(inviteCode)}` : '';
  return `/p/${encodeURIComponent(id)}${query}`;
}

/** The invite link of a party as people pass it on; `origin` is that of the page. */
export function inviteLink(party, origin) {
  return origin + partyPath(party);
}

/** The id of the party that a path leads to, or null. */
export function partyIdOf(pathname) {
  return PARTY_PATH.exec(pathname)?.[1] ?? null;
}
