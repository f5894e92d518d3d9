/** Signing in at a provider: two requests with a cookie, and none but these. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PartyApi } from '../../partyapp/web/static/party-client/index.js';

function backend(body, status = 200) {
  const asked = [];
  const fetchImpl = async (url, init) => {
    asked.push([init.method, new URL(url).pathname, init.credentials, init.body && JSON.parse(init.body)]);
    return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
  };
  return { api: new PartyApi({ baseUrl: 'https://party.test', fetchImpl }), asked };
}

test('a login begins and ends with the cookie, and its token is kept', async () => {
  const user = { id: 'u', display_name: 'Ada' };
  const { api, asked } = backend({ url: 'https://login.test', access_token: 'fresh', expires_in: 60, user });
  assert.equal((await api.account.begin()).url, 'https://login.test');
  assert.deepEqual((await api.account.signIn({ code: 'c', state: 's' })).user, user);
  assert.equal(api.token, 'fresh');
  assert.equal(await api.account.logoutUrl(), 'https://login.test');
  await api.me();
  assert.deepEqual(asked, [
    ['POST', '/api/auth/oidc/begin', 'same-origin', {}],
    ['POST', '/api/auth/oidc', 'same-origin', { code: 'c', state: 's' }],
    ['GET', '/api/auth/oidc/logout', 'omit', undefined],
    ['GET', '/api/auth/me', 'omit', undefined],
  ]);
  api.token = null;
});

test('a login that fails is tried once, and says why', async () => {
  const { api, asked } = backend({ status: 401, code: 'unauthenticated', title: 'No', login: 'expired' }, 401);
  await assert.rejects(api.account.signIn({ code: 'c', state: 's' }), { status: 401, login: 'expired' });
  assert.equal(asked.length, 1);
  const gone = backend({ status: 503, code: 'unavailable', title: 'No' }, 503);
  await assert.rejects(gone.api.account.signIn({ code: 'c', state: 's' }), { status: 503, login: null });
  assert.equal(gone.asked.length, 1);
});
