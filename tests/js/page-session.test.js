/** Who is remembered in a browser, and who is made somebody new under the name that was there. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { ProblemError } from '../../partyapp/web/static/party-client/index.js';

/** What the server's page says of itself in its head, by the names of the `<meta>`. */
const told = {};
globalThis.document = { head: { querySelector: (selector) => told[/"(.+)"/.exec(selector)[1]] ?? null } };

/** A Storage as in a browser: text in, text out. */
function textStorage() {
  const items = new Map();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, String(value)),
    removeItem: (key) => items.delete(key),
  };
}

beforeEach(() => {
  globalThis.window = { location: new URL('https://party.example/'), localStorage: textStorage() };
  delete told['party-login'];
});

const { Session } = await import('../../partyapp/web/static/page/session.js');
const refused = async () => {
  throw new ProblemError({ status: 401, code: 'unauthenticated', title: 'Ended' });
};

/** A session as a page makes it, whose requests are answered here; `guests` are the names of those who were made. */
function opened(answers = {}) {
  const guests = [];
  const session = new Session();
  const { tokens } = session.api;
  const signedIn = async (name) => {
    tokens.dispatchEvent(new CustomEvent('token', { detail: `token of ${name}` }));
    return { user: { id: name, display_name: name } };
  };
  Object.assign(session.api, {
    guest: async (name) => {
      guests.push(name);
      return signedIn(name);
    },
    signInDevice: () => signedIn('Ada of the school'),
    signInProxied: () => signedIn('Ada by the proxy'),
    renew: refused,
    signOut: async () => {},
    ...answers,
  });
  session.api.account.signIn = () => signedIn('Ada of the school');
  return { session, guests, signedIn };
}

const WAYS = {
  'an account': (session) => session.signInAccount({ code: 'a', state: 'b' }),
  'a device code': (session) => session.signInDevice('ABCD-EFGH'),
};

for (const [way, signIn] of Object.entries(WAYS)) {
  test(`who came by ${way} can sign out, and is made nobody new when the session has ended`, async () => {
    const first = opened();
    await signIn(first.session);
    assert.ok(first.session.canSignOut);
    const renewed = opened({ renew: () => first.signedIn('Ada of the school') });
    assert.equal((await renewed.session.restore()).display_name, 'Ada of the school');
    assert.ok(renewed.session.canSignOut, 'after a reload, too');
    const later = opened();
    assert.equal(await later.session.restore(), null);
    assert.deepEqual(later.guests, []);
    assert.equal(later.session.lastName, 'Ada of the school');
  });

  test(`who came by ${way} leaves no name where they sign out; the next one is a guest`, async () => {
    const { session } = opened();
    await signIn(session);
    await session.signOut();
    assert.equal(session.lastName, '');
    await session.signIn('Bob');
    assert.ok(session.isGuest);
    assert.ok(!session.canSignOut);
  });
}

test('a guest whose session has ended is a new one under the same name, also one of before', async () => {
  const { session } = opened();
  await session.signIn('Bob');
  const later = opened();
  await later.session.restore();
  assert.deepEqual(later.guests, ['Bob']);
  assert.ok(!later.session.canSignOut);
  window.localStorage.removeItem('party.guest');
  const again = opened();
  await again.session.restore();
  assert.deepEqual(again.guests, ['Bob']);
});

test('whom the proxy names is signed in by it, and by nothing else', async () => {
  told['party-login'] = { content: 'proxy' };
  const { session } = opened();
  await session.restore();
  assert.ok(!session.canSignOut, 'the proxy would sign in at once');
  const later = opened({ signInProxied: refused });
  assert.equal(await later.session.restore(), null);
  assert.deepEqual(later.guests, []);
});
