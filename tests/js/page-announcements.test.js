/** Who came and went, gathered. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { gatherer, stays } from '../../partyapp/web/static/page/announcements.js';

/** What is told of these events, `[type, user id]` each, which happen within one time of gathering. */
function toldOf(events) {
  const told = [];
  let tell = () => {};
  const room = { after: (_ms, run) => { tell = run; }, nameOf: (userId) => `Name of ${userId}` };
  const gather = gatherer(room, (text) => told.push(text));
  for (const [type, userId] of events) gather({ type, actor_id: userId, data: { user_id: userId } });
  tell();
  return told;
}

test('who left and came back within the time is told of as who joined', () => {
  const told = toldOf([['member_joined', 'ada'], ['member_left', 'grace'], ['member_joined', 'grace']]);
  assert.equal(told.length, 1);
  assert.match(told[0], /ada.*grace.*joined/s);
});

test('what happened last is told last, since one notice replaces another', () => {
  const told = toldOf([['member_left', 'ada'], ['member_joined', 'grace'], ['member_left', 'edsger']]);
  assert.equal(told.length, 2);
  assert.match(told[0], /grace.*joined/s);
  assert.match(told[1], /ada.*edsger.*left/s);
});

test('of twelve who join in one moment one notice tells, after a moment', () => {
  const told = [];
  const waits = [];
  const room = { after: (ms, run) => waits.push([ms, run]), nameOf: String };
  const gather = gatherer(room, (text) => told.push(text));
  for (let number = 1; number <= 12; number += 1) gather({ type: 'member_joined', actor_id: `person ${number}` });
  assert.deepEqual(told, []);
  // One wait for all of them, long enough for who comes in the same moment and short enough to be news.
  assert.equal(waits.length, 1);
  const [[waitMs, tell]] = waits;
  assert.ok(waitMs >= 200 && waitMs <= 1000);
  tell();
  assert.deepEqual(told, ['person 1, person 2 and 10 others joined']);
  gather({ type: 'member_joined', actor_id: 'person 13' });
  assert.equal(waits.length, 2);
});

test('who is host now, and what changes what one may do, stays whatever is told a moment later', () => {
  assert.equal(stays({ type: 'host_transferred', data: { to_user_id: 'grace' } }, 'ada'), true);
  assert.equal(stays({ type: 'member_grants_changed', data: { user_id: 'ada' } }, 'ada'), true);
  assert.equal(stays({ type: 'member_grants_changed', data: { user_id: 'grace' } }, 'ada'), false);
  assert.equal(stays({ type: 'member_left', data: { user_id: 'ada' } }, 'ada'), false);
});
