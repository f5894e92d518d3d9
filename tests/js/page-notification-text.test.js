/** What a person reads of news in their parties. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isToldElsewhere, notificationText } from '../../partyapp/web/static/page/notification-text.js';

const NOW_MS = 1_700_000_000_000;

function textOf(type, data = {}) {
  const known = { party_title: 'Film night', who: { id: 'ada', display_name: 'Ada' }, ...data };
  return notificationText({ type, data: known }, NOW_MS)?.replaceAll(/[\u2068\u2069]/g, '');
}

test('each kind of news is a sentence that names the party', () => {
  assert.equal(textOf('party_invitation'), 'Ada invites you to “Film night”');
  assert.equal(textOf('member_joined'), 'Ada joined “Film night”');
  assert.equal(textOf('party_session_ended'), '“Film night” has ended');
  assert.equal(textOf('host_transferred', { who: { id: null, display_name: null } }), '“Film night” has another host');
});

test('a date is told by what is left until then', () => {
  assert.equal(textOf('party_starting', { starts_at_ms: NOW_MS + 600_000 }), '“Film night” begins in 10 minutes');
  assert.equal(textOf('party_starting', { starts_at_ms: NOW_MS + 60_000 }), '“Film night” begins in a minute');
  assert.equal(textOf('party_starting', { starts_at_ms: NOW_MS - 5000 }), '“Film night” begins now');
});

test('a type of a later server has no text', () => {
  assert.equal(textOf('party_exploded'), undefined);
});

test('a room tells of its own events by itself, and of no others', () => {
  assert.ok(isToldElsewhere({ type: 'member_joined', party_id: 'here' }, 'here'));
  assert.ok(!isToldElsewhere({ type: 'member_joined', party_id: 'there' }, 'here'));
  assert.ok(!isToldElsewhere({ type: 'party_starting', party_id: 'here' }, 'here'));
});
