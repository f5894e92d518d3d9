/** Where a sign-in elsewhere leads back to. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isLoginAnswer, ownAddress } from '../../partyapp/web/static/page/login.js';

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
