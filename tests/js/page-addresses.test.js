import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inviteLink, partyIdOf, partyPath, publicOrigin, toldPublicUrl } from '../../partyapp/web/static/page/addresses.js';
import { PARTY_ID } from './fake-party.js';

test("a party's path has its invite, where there is one, and leads back to the party", () => {
  assert.equal(partyPath({ id: PARTY_ID, invite_code: 'a/b&c' }), `/p/${PARTY_ID}?invite=a%2Fb%26c`);
  assert.equal(partyPath({ id: PARTY_ID }), `/p/${PARTY_ID}`);
  const link = inviteLink({ id: PARTY_ID, invite_code: 'a/b&c' }, 'http://192.0.2.7:8000');
  const url = new URL(link);
  assert.equal(url.origin, 'http://192.0.2.7:8000');
  assert.equal(partyIdOf(url.pathname), PARTY_ID);
  assert.equal(url.searchParams.get('invite'), 'a/b&c');
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
    assert.deepEqual(publicOrigin(page(hostname), network), { origin: page(hostname).origin, source: 'page' });
  }
  for (const hostname of OWN) {
    assert.deepEqual(publicOrigin(page(hostname), network), { origin: network.url, source: 'network' });
    assert.deepEqual(publicOrigin(page(hostname), null), { origin: page(hostname).origin, source: 'machine' });
  }
});

test("the operator's address goes before all", () => {
  const told = { url: 'https://party.example', source: 'setting' };
  for (const hostname of [...OWN, ...OTHERS]) {
    assert.deepEqual(publicOrigin(page(hostname), told), { origin: told.url, source: 'setting' });
  }
});

test('what the server says of it stands in the head', () => {
  const head = (meta) => ({ querySelector: (asked) => (asked === 'meta[name="party-public-url"]' ? meta : undefined) });
  const meta = { content: 'http://192.0.2.7:8000', dataset: { source: 'network' } };
  assert.deepEqual(toldPublicUrl(head(meta)), { url: 'http://192.0.2.7:8000', source: 'network' });
  assert.equal(toldPublicUrl(head(null)), null);
});
