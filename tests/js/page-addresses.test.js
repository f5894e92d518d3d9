import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  basePathOf, entryOf, fileUrl, inviteLink, isSameFile, partyIdOf, partyPath, publicUrl, syncplayPort, toldPublicUrl,
} from '../../partyapp/web/static/page/addresses.js';
import { PARTY_ID } from './fake-party.js';

test("a party's path has its invite, where there is one, and leads back to the party", () => {
  assert.equal(partyPath({ id: PARTY_ID, invite_code: 'a/b&c' }), `/p/${PARTY_ID}#invite=a%2Fb%26c`);
  assert.equal(partyPath({ id: PARTY_ID }), `/p/${PARTY_ID}`);
  const link = inviteLink({ id: PARTY_ID, invite_code: 'a/b&c' }, 'http://192.0.2.7:8000');
  const url = new URL(link);
  assert.equal(url.origin, 'http://192.0.2.7:8000');
  assert.equal(partyIdOf(url.pathname), PARTY_ID);
  assert.equal(new URLSearchParams(url.hash.slice(1)).get('invite'), 'a/b&c');
});

test("only a party's path leads to a party", () => {
  assert.equal(partyIdOf(`/p/${PARTY_ID.toUpperCase()}/`), PARTY_ID.toUpperCase());
  for (const path of ['/', '/p/', '/p/1', `/q/${PARTY_ID}`, `/p/${PARTY_ID}/x`]) assert.equal(partyIdOf(path), null);
});

const OWN = ['localhost', 'LOCALHOST', 'party.localhost', '127.0.0.1', '127.8.8.8', '[::1]'];
const OTHERS = ['192.0.2.7', 'party.example', 'localhost.example', '[fd12::5]', '127.example'];
const page = (hostname) => ({ hostname, origin: `http://${hostname}:8000` });

test('others get the address of the page, if it is not a name for the machine itself', () => {
  const network = { url: 'http://192.0.2.7:8000', source: 'network' };
  for (const hostname of OTHERS) {
    assert.deepEqual(publicUrl(page(hostname), network), { url: page(hostname).origin, source: 'page' });
  }
  for (const hostname of OWN) {
    assert.deepEqual(publicUrl(page(hostname), network), { url: network.url, source: 'network' });
    assert.deepEqual(publicUrl(page(hostname), null), { url: page(hostname).origin, source: 'machine' });
  }
});

test("the operator's address goes before all", () => {
  const told = { url: 'https://party.example', source: 'setting' };
  for (const hostname of [...OWN, ...OTHERS]) {
    assert.deepEqual(publicUrl(page(hostname), told), { url: told.url, source: 'setting' });
  }
});

test('what the server says of it stands in the head', () => {
  const head = (meta) => ({ querySelector: (asked) => (asked === 'meta[name="party-public-url"]' ? meta : undefined) });
  const meta = { content: 'http://192.0.2.7:8000', dataset: { source: 'network' } };
  assert.deepEqual(toldPublicUrl(head(meta)), { url: 'http://192.0.2.7:8000', source: 'network' });
  assert.equal(toldPublicUrl(head(null)), null);
});

test("the head tells the port of Syncplay's clients, where they are served", () => {
  const head = (meta) => ({ querySelector: (asked) => (asked === 'meta[name="party-syncplay-port"]' ? meta : undefined) });
  assert.equal(syncplayPort(head({ content: '8999' })), 8999);
  assert.equal(syncplayPort(head(null)), null);
});

test('below a path, the page and its links stay below it', () => {
  const base = basePathOf({ url: 'https://example.org/party', source: 'setting' });
  assert.equal(base, '/party');
  assert.equal(basePathOf({ url: 'http://192.0.2.7:8000', source: 'network' }), '');
  assert.equal(basePathOf({ url: 'https://party.example', source: 'setting' }), '');
  assert.equal(basePathOf(null), '');
  const party = { id: PARTY_ID, invite_code: 'code' };
  assert.equal(partyPath(party, base), `/party/p/${PARTY_ID}#invite=code`);
  assert.equal(inviteLink(party, 'https://example.org/party'), `https://example.org/party/p/${PARTY_ID}#invite=code`);
  assert.equal(partyIdOf(`/party/p/${PARTY_ID}`, base), PARTY_ID);
  assert.equal(partyIdOf(`/p/${PARTY_ID}`, base), PARTY_ID);
  assert.equal(partyIdOf(`/other/p/${PARTY_ID}`, base), null);
});

test("a film's address that is a path is on this service", () => {
  const page = 'https://example.org/party/p/1';
  const url = (address) => fileUrl(address, page, '/party').href;
  assert.equal(url('/media/sample.mp4'), 'https://example.org/party/media/sample.mp4');
  assert.equal(url('/party/media/sample.mp4'), 'https://example.org/party/media/sample.mp4');
  assert.equal(url('https://films.example/a.mp4'), 'https://films.example/a.mp4');
  assert.equal(url('//films.example/a.mp4'), 'https://films.example/a.mp4');
  assert.equal(fileUrl('/media/sample.mp4', 'http://localhost:8000/', '').href, 'http://localhost:8000/media/sample.mp4');
});

test('an invite is read from the fragment, and from the query of an older link', () => {
  const at = (rest) => entryOf(new URL(`https://party.test/p/${PARTY_ID}${rest}`));
  const shown = (rest) => `/p/${PARTY_ID}${rest}`;
  assert.deepEqual(at('#invite=a-b_1'), { inviteCode: 'a-b_1', name: null, rest: shown('#invite=a-b_1') });
  assert.deepEqual(at('#invite=a1&name=Ada%20L'), { inviteCode: 'a1', name: 'Ada L', rest: shown('#invite=a1') });
  assert.deepEqual(at('?invite=a1&name=Ada&x=2'), { inviteCode: 'a1', name: 'Ada', rest: shown('?x=2#invite=a1') });
  assert.deepEqual(at(''), { inviteCode: null, name: null, rest: shown('') });
  assert.equal(at('?invite=old#invite=new').inviteCode, 'new');
});

test('what a mail program has left of an equals sign is no part of an invite', () => {
  const code = 'aZ0_-9bY8xW7vU6tS5rQ4pO3nM2lK1jI';
  const read = (hash) => entryOf(new URL(`https://party.test/p/${PARTY_ID}${hash}`)).inviteCode;
  assert.equal(read(`#invite=3D${code}`), code);
  assert.equal(read(`#invite%3D3D${code}`), code);
  const own = `3D${code.slice(2)}`;
  assert.equal(read(`#invite=${own}`), own);
});

test('what a sentence or a program has left around an invite is no part of it', () => {
  for (const mangled of ['#invite=a1.', '#invite=a1)', '#invite=<a1>', '#Invite = a1', '#invite%3Da1', '#x&amp;invite=a1,']) {
    const { inviteCode, rest } = entryOf(new URL(`https://party.test/p/${PARTY_ID}${mangled}`));
    assert.equal(inviteCode, 'a1', mangled);
    assert.ok(rest.endsWith('#invite=a1'), rest);
  }
  assert.equal(entryOf(new URL(`https://party.test/p/${PARTY_ID}#%E0%A4%A`)).inviteCode, null);
});

test('a file is known under another grant, and told from others', () => {
  const film = 'https://party.example/media/g.1/0190/2/film.mp4';
  assert.equal(isSameFile(film, 'https://party.example/media/g.2/0190/2/film.mp4'), true);
  for (const other of ['0190/2/film-720.mp4', '0190/3/film.mp4', '0190/source', '0191/2/film.mp4']) {
    assert.equal(isSameFile(film, `https://party.example/media/g.1/${other}`), false, other);
  }
  assert.equal(isSameFile('https://else.example/a.mp4', 'https://else.example/a.mp4'), true);
  assert.equal(isSameFile('https://else.example/a.mp4?1', 'https://else.example/a.mp4?2'), false);
});
