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

/** An invite in an address, whatever a sentence around it has left there: its alphabet is that of URLs (RFC 4648 §5). */
const INVITE = /(?:^|[^a-z])invite(?:_code)?\s*[=:]\s*[^a-z0-9_\-&;]*([a-z0-9_-]+)/i;

/** What a mail program has left of a `=`, before a code that is as long as codes are: one may begin so itself. */
const LEFT_OF_EQUALS = /^3D(?=[a-z0-9_-]{32}$)/i;

/** The path of a party's page, with its invite where the party shows one: in the fragment, which no server is sent. */
export function partyPath({ id, invite_code: inviteCode }, base = BASE_PATH) {
  const fragment = inviteCode ? `#invite=${encodeURIComponent(inviteCode)}` : '';
  return `${base}/p/${encodeURIComponent(id)}${fragment}`;
}

/**
 * The invite and the name that an address gives, each null without, and `rest`: the address as it is to be shown,
 * the invite in its fragment and no name. Links of before have both in the query.
 * @param {URL} url
 */
export function entryOf(url) {
  const given = new URLSearchParams(url.hash.slice(1));
  const found = INVITE.exec(decoded(url.hash))?.[1] ?? url.searchParams.get('invite');
  const inviteCode = found?.replace(LEFT_OF_EQUALS, '') ?? null;
  const name = given.get('name') ?? url.searchParams.get('name');
  const query = new URLSearchParams(url.search);
  query.delete('invite');
  query.delete('name');
  const fragment = inviteCode ? `#invite=${encodeURIComponent(inviteCode)}` : '';
  return { inviteCode, name, rest: url.pathname + (query.size > 0 ? `?${query}` : '') + fragment };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A film's address as a URL; one that is a path is on this service. */
export function fileUrl(address, pageUrl = window.location.href, base = BASE_PATH) {
  const isOwn = address.startsWith('/') && !address.startsWith('//') && !address.startsWith(`${base}/`);
  return new URL(isOwn ? base + address : address, pageUrl);
}

/** Whether two addresses are of one file: that of a film of this service has a grant in it, which is made anew now and then. */
export function isSameFile(one, other) {
  const [fileOne, fileOther] = [one, other].map((address) => /\/media\/[^/]+(\/[^?]+)/.exec(address)?.[1] ?? address);
  return fileOne === fileOther;
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
