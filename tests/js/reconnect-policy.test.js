/** The client's reconnect policy agrees with the server's table of close codes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FINAL_REASONS, afterClose } from '../../partyapp/web/static/party-client/reconnect-policy.js';

/** Recorded by `python -m tests.golden.record_close_codes`. */
const table = JSON.parse(readFileSync(new URL('../golden/close_codes.json', import.meta.url), 'utf8'));

/** Each situation in which a socket can close. */
const SITUATIONS = [0, 1, 7].flatMap((attempt) => [true, false].map((wasOpen) => ({ attempt, wasOpen, random: () => 0.5 })));

for (const { code, name, reconnect } of table) {
  test(`${code} ${name}: ${reconnect ? 'connect anew' : 'final'}, as the server says`, () => {
    for (const situation of SITUATIONS) assert.equal(afterClose(code, situation).retry, reconnect);
  });
}

test('the client knows of no final code that the server does not send', () => {
  const final = table.filter(({ reconnect }) => !reconnect).map(({ code }) => String(code));
  assert.deepEqual(Object.keys(FINAL_REASONS), final);
});

test('a code that is not in the table is not final', () => {
  for (const code of [1005, 1006, 1015, 3000, 4999]) {
    for (const situation of SITUATIONS) assert.equal(afterClose(code, situation).retry, true);
  }
});
