import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inviteLink, partyIdOf, partyPath } from '../../partyapp/web/static/page/addresses.js';
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
