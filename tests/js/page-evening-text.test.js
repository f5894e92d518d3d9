/** Texts of talk, waits, rights, invitations and dates. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  announcedAfter, chatRefusal, heldText, historyText, inviteState, leftText, mutedText, namesText, unreadText,
} from '../../partyapp/web/static/page/evening-text.js';
import { dateFault, localDateTime, mayHaveDate, shownDate, startOf } from '../../partyapp/web/static/page/date-field.js';
import { controlReason, eventText, hasGrant } from '../../partyapp/web/static/page/text.js';

const NAMES = { a: 'Ada', b: 'Ben', c: 'Cleo' };
const nameOf = (id) => NAMES[id] ?? 'Somebody';

test('who is waited for is named, and oneself is told so, with the time that is left at most', () => {
  const held = { reason: 'members', for: ['a'], since_ms: 0, until_ms: 15_000 };
  assert.deepEqual(heldText({ held }, nameOf, 'b', 6_100), {
    who: 'Waiting for Ada, whose video is loading', until: 'Goes on in 9 s at the latest',
  });
  assert.match(heldText({ held }, nameOf, 'a', 0).who, /wait for you/);
  assert.equal(heldText({ held: { ...held, for: ['a', 'b'] } }, nameOf, 'a', 0).who, 'Waiting for you and Ben');
  assert.match(heldText({ held: { ...held, reason: 'preparing', for: [] } }, nameOf, 'a', null).who, /prepared/);
  assert.equal(heldText({ held }, nameOf, 'b', null).until, '', 'the clock is not known yet');
  assert.equal(heldText({ held: null }, nameOf, 'a', 0), null);
});

test('why something was not said is told in words', () => {
  for (const code of ['muted', 'chat_disabled', 'rate_limited', 'forbidden', 'validation_failed']) {
    const text = chatRefusal({ code, title: 'Title', detail: 'Detail' });
    assert.doesNotMatch(text, /Title|_/);
  }
  assert.equal(chatRefusal({ code: 'other', title: 'Title', detail: 'Detail' }), 'Title. Detail');
});

test('an invitation says what it still opens', () => {
  const invite = { revoked_at_ms: null, expires_at_ms: 90_000_000, max_uses: 2, uses: 1 };
  assert.deepEqual(inviteState(invite, 0), { text: '1 of 2 came by it · ends in 25 h 0 min', isOpen: true });
  assert.equal(inviteState({ ...invite, uses: 2 }, 0).isOpen, false);
  const usedBy = [{ user_id: 'g', display_name: 'Grace', at_ms: 1 }, { user_id: 'a', display_name: 'Ada', at_ms: 2 }];
  const many = { ...invite, expires_at_ms: null, max_uses: null, uses: 5, used_by: usedBy };
  assert.equal(
    inviteState(many, 0).text.replace(/[\u2068\u2069]/g, ''),
    '5 came by it: Grace, Ada and 3 more · no end',
  );
  assert.equal(inviteState(invite, 90_000_000).isOpen, false);
  assert.match(inviteState({ ...invite, revoked_at_ms: 5 }, 0).text, /^taken back/);
  assert.deepEqual(inviteState({ ...invite, expires_at_ms: null, max_uses: null }, 0), { text: '1 came by it · no end', isOpen: true });
});

test('a time that is left gets finer as it comes near', () => {
  assert.equal(leftText(61_000), '1:01');
  assert.equal(leftText(-5), '0:00');
  assert.equal(leftText(3_600_000 * 3), '3 h 0 min');
  assert.equal(leftText(3_600_000 * 50), '2 days 2 h');
});

test('names and counts', () => {
  assert.equal(namesText(['Ada']), 'Ada');
  assert.equal(namesText(['Ada', 'Ben', 'Cleo', 'Dora']), 'Ada, Ben and 2 others');
  assert.equal(unreadText(0), '');
  assert.equal(unreadText(120), '99+');
});

test('each event of the log is a sentence', () => {
  const told = (type, data = {}, actor_id = 'a') => historyText({ type, actor_id, data }, nameOf);
  assert.equal(told('member_removed', { user_id: 'b', display_name: 'Ben', banned: true }), 'Ada took Ben out for good');
  assert.equal(told('playback_held', { reason: 'members', for: ['b', 'c'] }, null), 'The party waited for Ben and Cleo');
  assert.equal(told('video_changed', { video: { title: 'Metropolis' } }, null), 'The party changed the film to “Metropolis”');
  assert.equal(told('party_session_changed', { changes: { wait: {}, title: 'x' } }), 'Ada changed for whom the party waits, the title');
  assert.equal(told('playback_sought', { position_s: 61 }), 'Ada went to 1:01');
  assert.equal(told('a_later_type'), null);
});

test('a pause while the next film is announced puts that off, whatever else happens in between', () => {
  const happened = [
    ['playback_finished', { next: { video_id: 'v', at_ms: 1 } }, true],
    ['member_joined', {}, true],
    ['playback_paused', { position_s: 9 }, false],
    ['playback_paused', { position_s: 9 }, false],
    ['playback_finished', { next: null }, false],
  ];
  let announced = false;
  const texts = happened.map(([type, data, after]) => {
    const text = historyText({ type, actor_id: 'b', data }, nameOf, announced);
    announced = announcedAfter({ type, data }, announced);
    assert.equal(announced, after, type);
    return text;
  });
  assert.deepEqual(texts.slice(2, 4), ['Ben put off the next film', 'Ben paused at 0:09']);
});

test('who is muted is told so, and when they are not any more', () => {
  assert.match(mutedText(2000, 1000), /^You can’t write for now/u);
  assert.match(mutedText(2000, null), /^You can’t write for now/u);
  assert.equal(mutedText(null, 1000), 'You can write in the chat again.');
  assert.equal(mutedText(1000, 1000), 'You can write in the chat again.');
});

test('what a member may do is what the party gives them, and the host may do all', () => {
  const party = { state: 'active', host_id: 'a', control: 'host', members: [{ user_id: 'a', display_name: 'Ada', grants: [] }, { user_id: 'b', grants: ['playback'] }, { user_id: 'c', grants: ['chat'] }] };
  assert.equal(hasGrant(party, 'a', 'moderate'), true);
  assert.equal(hasGrant(party, 'b', 'playback'), true);
  assert.equal(controlReason(party, 'b', 'open', true), null);
  assert.equal(controlReason(party, 'c', 'open', true), 'Only the host, Ada, can play, pause and seek.');
  assert.match(controlReason({ ...party, control: 'everyone' }, 'c', 'open', true), /has not given you the right/);
});

test('a date goes through its field and comes back, to the minute', () => {
  const at = new Date(2026, 11, 24, 20, 30).getTime();
  assert.equal(localDateTime(at), '2026-12-24T20:30');
  assert.equal(startOf('2026-12-24T20:30'), at);
  assert.equal(startOf(''), null);
});

test('what concerns all, or oneself, is announced', () => {
  const told = (type, data, actor_id = 'a') => eventText({ type, actor_id, data }, nameOf, 'b');
  assert.equal(told('member_removed', { user_id: 'c', display_name: 'Cleo' }), 'Cleo was taken out of the party');
  assert.equal(told('member_removed', { user_id: 'b', display_name: 'Ben' }), null);
  assert.equal(told('member_grants_changed', { user_id: 'c', grants: [] }), null);
  assert.equal(told('member_grants_changed', { user_id: 'b', grants: [] }), 'The host changed what you may do here');
  assert.equal(told('video_changed', { video: { title: 'Metropolis' } }), 'Ada changed the film to “Metropolis”');
  assert.equal(told('video_changed', { video: { title: 'Metropolis' } }, null), 'Now: “Metropolis”');
  assert.match(told('playback_resumed', { reason: 'limit', late: ['b'] }, null), /catches up alone/);
  assert.equal(told('playback_resumed', { reason: 'ready', late: [] }, null), null);
});

test('a date may be set before the party has begun, and one that a pause has put off is shown as none', () => {
  const at = new Date(2026, 11, 24, 20, 30).getTime() + 12_345;
  const dated = { starts_at_ms: at, playback: { state: 'playing', at_ms: at } };
  assert.deepEqual([mayHaveDate(dated, at - 1), shownDate(dated, at - 1)], [true, '2026-12-24T20:30']);
  assert.deepEqual([mayHaveDate(dated, at), shownDate(dated, at)], [false, '']);
  const putOff = { starts_at_ms: at, playback: { state: 'paused', at_ms: at - 9000 } };
  assert.deepEqual([mayHaveDate(putOff, at - 1), shownDate(putOff, at - 1)], [true, '']);
  const begunBefore = { starts_at_ms: at, playback: { state: 'playing', at_ms: at - 9000 } };
  assert.deepEqual([mayHaveDate(begunBefore, at - 1), shownDate(begunBefore, at - 1)], [false, '']);
  const without = (state) => mayHaveDate({ starts_at_ms: null, playback: { state, at_ms: 0 } }, at);
  assert.deepEqual(['stopped', 'paused', 'playing'].map(without), [true, false, false]);
});

test('half a date is none, and is said to be wrong', () => {
  assert.equal(dateFault({ validity: { badInput: false } }), '');
  assert.match(dateFault({ validity: { badInput: true } }), /a day and a time/);
});
