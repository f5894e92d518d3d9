/** Where a sign-in elsewhere leads back to. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accountOffer, isLoginAnswer, ownAddress } from '../../partyapp/web/static/page/login.js';
import { offerAccount } from '../../partyapp/web/static/page/name-form.js';

const ORIGIN = 'https://party.example';

test('one goes on where one was, with the invite', () => {
  const address = '/below/p/7bd3fde8-e611-4513-9e0f-221346e2fd29?a=b#invite=aZ0_-9bY';
  assert.equal(ownAddress(address, ORIGIN, '/below'), address);
  assert.equal(ownAddress('/', ORIGIN, ''), '/');
});

for (const address of [
  null,
  '',
  'https://evil.example/below/',
  '//evil.example/below/',
  '/\\evil.example/below/',
  '/\t/evil.example/below/',
  'javascript:alert(1)',
  'https://',
  '/elsewhere/',
  '/belowit/',
  '/below/login?code=a',
  '/below/../elsewhere/',
]) {
  test(`nobody is led to ${JSON.stringify(address)}`, () => {
    assert.equal(ownAddress(address, ORIGIN, '/below'), '/below/');
  });
}

test('the address of an answer is known at the top and below a path', () => {
  assert.ok(isLoginAnswer('/login', ''));
  assert.ok(isLoginAnswer('/below/login', '/below'));
  assert.ok(!isLoginAnswer('/p/login', ''));
  assert.ok(!isLoginAnswer('/elsewhere/login', '/below'));
});

/** The parts of a name form that an offer is shown in, by their selectors. */
function nameForm() {
  const part = () => Object.assign(new EventTarget(), { hidden: true, classList: { toggle: () => {} } });
  const parts = { '[data-part=account]': part(), '[data-part=account-tab]': part() };
  const fields = [{ hidden: false }, { hidden: false }];
  return { parts, fields, querySelector: (selector) => parts[selector], querySelectorAll: () => fields };
}

const PARTY = '/p/7bd3fde8-e611-4513-9e0f-221346e2fd29#invite=aZ0_-9bY';

for (const takesGuests of [true, false]) {
  test(`a frame leads to a tab of its own, ${takesGuests ? 'beside a name' : 'and that alone'}`, () => {
    const session = { accountLabel: 'Sign in with the school', takesGuests };
    const view = nameForm();
    const shown = offerAccount(view, accountOffer({ session, frame: {} }, PARTY), assert.fail);
    assert.equal(shown, view.parts['[data-part=account-tab]']);
    assert.deepEqual([shown.hidden, shown.href, shown.textContent], [false, PARTY, 'Open in a tab of its own']);
    assert.ok(view.parts['[data-part=account]'].hidden, 'no sign-in in a frame');
    assert.deepEqual(view.fields, [{ hidden: !takesGuests }, { hidden: !takesGuests }]);
  });
}

test('a whole page has the sign-in itself, and without a provider there is neither', () => {
  const session = { accountLabel: 'Sign in with the school', takesGuests: true };
  const view = nameForm();
  const shown = offerAccount(view, accountOffer({ session, frame: null }, PARTY), assert.fail);
  assert.equal(shown, view.parts['[data-part=account]']);
  assert.deepEqual([shown.hidden, shown.textContent], [false, 'Sign in with the school']);
  assert.ok(view.parts['[data-part=account-tab]'].hidden);
  assert.equal(accountOffer({ session: { ...session, accountLabel: null }, frame: {} }, PARTY), null);
});
