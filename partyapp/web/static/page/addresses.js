/** The addresses of parties on this page: written and read in one place. */

const PARTY_PATH = /^(.*)\/p\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/?$/i;
const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/** The path below which the service is, by what it says of itself in the page's head; empty at the top of a host. */
export function basePathOf(told) {
  return told?.source === 'setting' ? new URL(told.url).pathname.replace(/\/+$/, '') : '';
}

/** The path of this page's own service. */
export const BASE_PATH = globalThis.document ? basePathOf(toldPublicUrl(document.head)) : '';

/** The start page. */
export const HOME = `${BASE_PATH}/`;

/** The path of a party's page, with its invite where the party shows one. */
export function partyPath({ id, invite_code: inviteCode }, base = BASE_PATH) {
  const query = inviteCode ? `?invite=${encodeURIComponent(inviteCode)}` : '';
  return `${base}/p/${encodeURIComponent(id)}${query}`;
}

/** A film's address as a URL; one that is a path is on this service. */
export function fileUrl(address, pageUrl = window.location.href, base = BASE_PATH) {
  const isOwn = address.startsWith('/') && !address.startsWith('//') && !address.startsWith(`${base}/`);
  return new URL(isOwn ? base + address : address, pageUrl);
}

/** The invite link of a party as people pass it on; `url` is that of the service, without a slash at its end. */
export function inviteLink(party, url) {
  return url + partyPath(party, '');
}

/**
 * Where others reach this service: `{url, source}`.
 *
 * `hostname` and `origin` are those of the page; `told` is what the server says in the page's head,
 * `{url, source}` or null. The operator's setting counts first, then the address of the page itself. Only
 * where that is a name of the loopback, which means another machine to everybody else, it is the server's
 * address on its network (`network`), or none that works elsewhere (`machine`).
 */
export function publicUrl({ hostname, origin }, told) {
  if (told?.source === 'setting') return { url: told.url, source: 'setting' };
  if (!LOOPBACK.test(hostname)) return { url: origin, source: 'page' };
  return told ? { url: told.url, source: 'network' } : { url: origin, source: 'machine' };
}

/** What the server says of it in the head of this document, or null. */
export function toldPublicUrl(head) {
  const meta = head.querySelector('meta[name="party-public-url"]');
  return meta && { url: meta.content, source: meta.dataset.source };
}

/** The port at which Syncplay's clients are served, as the head of this document tells it; null for nowhere. */
export function syncplayPort(head) {
  return Number(head.querySelector('meta[name="party-syncplay-port"]')?.content) || null;
}

/** The id of the party that a path leads to, or null. A service below a path may be reached without it, too. */
export function partyIdOf(pathname, base = BASE_PATH) {
  const [, above, id] = PARTY_PATH.exec(pathname) ?? [];
  return above === '' || above === base ? id : null;
}
