/** What a person reads of their channels. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KIND_TEXTS, addressText, channelState, offeredText } from '../../partyapp/web/static/page/channel-text.js';

test('a channel says how it does, and why it is not used', () => {
  assert.equal(channelState({ state: 'active', reason: null }), 'In use');
  assert.match(channelState({ state: 'unverified', reason: null }), /code/);
  assert.match(channelState({ state: 'unverified', reason: 'not_accepted' }), /not arrived yet: nothing is accepted/);
  assert.match(channelState({ state: 'unverified', reason: 'not_sent' }), /this server could not send it/);
  assert.match(channelState({ state: 'set_aside', reason: 'timeout' }), /nobody answers/);
  assert.match(channelState({ state: 'set_aside', reason: 'of a later server' }), /nothing arrives/);
});

test('what is offered is told by the names that people know, each once', () => {
  assert.equal(offeredText(['mailto', 'ntfy', 'ntfys', 'newone']), 'What this server sends to: mail, ntfy, newone.');
  assert.match(offeredText([]), /sends nothing/);
  assert.match(addressText(['mailto', 'ntfy']), /^Mail address/);
  assert.doesNotMatch(addressText(['ntfy']), /mail/i);
});

test('each kind of news has a text', () => {
  assert.ok(Object.values(KIND_TEXTS).every((text) => text.length > 0));
});
