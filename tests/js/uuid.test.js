import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomUuid } from '../../partyapp/web/static/party-client/uuid.js';

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('a UUID is made without randomUUID too, as on plain http', (t) => {
  // An own property hides the prototype's, until it is deleted.
  Object.defineProperty(crypto, 'randomUUID', { value: undefined, configurable: true });
  t.after(() => delete crypto.randomUUID);
  assert.match(randomUuid(), UUID_V4);
  assert.notEqual(randomUuid(), randomUuid());
});

test('version and variant are where RFC 9562 says, and all other bits are random', () => {
  const uuidOf = (byte) => randomUuid({ getRandomValues: (bytes) => bytes.fill(byte) });
  assert.equal(uuidOf(0x00), '00000000-0000-4000-8000-000000000000');
  assert.equal(uuidOf(0xff), 'ffffffff-ffff-4fff-bfff-ffffffffffff');
  const example = [0x91, 0x91, 0x08, 0xf7, 0x52, 0xd1, 0x33, 0x20, 0x5b, 0xac, 0xf8, 0x47, 0xdb, 0x41, 0x48, 0xa8];
  assert.equal(randomUuid({ getRandomValues: (bytes) => bytes.set(example) }), '919108f7-52d1-4320-9bac-f847db4148a8');
});

test("the browser's own is used where there is one", () => {
  assert.equal(randomUuid({ randomUUID: () => 'its own', getRandomValues: () => assert.fail() }), 'its own');
});
