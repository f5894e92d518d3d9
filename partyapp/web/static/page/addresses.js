/** The addresses of parties on this page: written and read in one place. */

const PARTY_PATH = /^\/p\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/?$/i;
const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/** The path of a party's page, with its invite where the party shows one. */
export function partyPath({ id, invite_code: inviteCode }) {
  const query = inviteCode ? `?invite=${encodeURIComponent(inviteCode)}` : '';
  return `/p/${encodeURIComponent(id)}${query}`;
}

/** The invite link of a party as people pass it on; `origin` is that of the page. */
export function inviteLink(party, origin) {
  return origin + partyPath(party);
}

/**
 * Where others reach this page: `{origin, source}`.
 *
 * `hostname` and `origin` are those of the page; `told` is what the server says in the page's head,
 * `{url, source}` or null. The operator's setting counts first, then the address of the page itself. Only
 * where that is a name of the loopback, which means another machine to everybody else, it is the server's
 * address on its network (`network`), or none that works elsewhere (`machine`).
 */
export function publicOrigin({ hostname, origin }, told) {
  if (told?.source === 'setting') return { origin: told.url, source: 'setting' };
  if (!LOOPBACK.test(hostname)) return { origin, source: 'page' };
  return told ? { origin: told.url, source: 'network' } : { origin, source: 'machine' };
}

/** What the server says of it in the head of this document, or null. */
export function toldPublicUrl(head) {
  const meta = head.querySelector('meta[name="party-public-url"]');
  return meta && { url: meta.content, source: meta.dataset.source };
}

/** The id of the party that a path leads to, or null. */
export function partyIdOf(pathname) {
  return PARTY_PATH.exec(pathname)?.[1] ?? null;
}
