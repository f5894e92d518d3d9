import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepInviteCode } from '../../partyapp/web/static/page/invite.js';

/** A room with what `keepInviteCode` uses of it; `answers` are what the reads of the party give, in their order. */
function roomOf(answers) {
  const shown = [];
  const later = [];
  const room = {
    connection: new EventTarget(), party: { id: 'p1', invite_code: 'old' }, newCode: null, signal: { aborted: false },
    api: { party: async (id) => {
      assert.equal(id, 'p1');
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    } },
    on: (target, type, listener) => target.addEventListener(type, listener),
    after: (ms, run) => later.push(Object.assign(run, { ms })),
  };
  keepInviteCode(room, () => shown.push(room.newCode ?? room.party.invite_code));
  const tell = async (type, detail) => {
    room.connection.dispatchEvent(Object.assign(new Event(type), { detail }));
    await new Promise(setImmediate);
  };
  const event = (revision, type, replayed = false) => tell('event', { event: { revision, type }, replayed });
  return { room, shown, later, event, tell };
}

test('a link that was made anew by somebody else is read, and shown', async () => {
  const { shown, event } = roomOf([{ revision: 5, invite_code: 'new' }]);
  await event(4, 'member_joined');
  assert.deepEqual(shown, []);
  await event(5, 'invite_code_changed');
  assert.deepEqual(shown, ['new']);
});

test('what is answered late or not at all is read again', async () => {
  const answers = [new Error('no network'), { revision: 4, invite_code: 'old' }, { revision: 5, invite_code: 'new' }];
  const { shown, later, event } = roomOf(answers);
  await event(5, 'invite_code_changed');
  for (const pause of [1, 2]) {
    assert.deepEqual([shown, later.length], [[], pause]);
    later.at(-1)();
    await new Promise(setImmediate);
  }
  assert.deepEqual([shown, later.length], [['new'], 2]);
});

test('thousands do not read the party at once', async () => {
  const { room, shown, later, event } = roomOf([{ revision: 5, invite_code: 'new' }]);
  room.party.member_count = 10_000;
  await event(5, 'invite_code_changed');
  assert.deepEqual([shown, later.length], [[], 1]);
  assert.ok(later[0].ms <= 30_000);
  later[0]();
  await new Promise(setImmediate);
  assert.deepEqual(shown, ['new']);
});

test('a welcome has the code itself, also of what was missed', async () => {
  const { room, shown, event, tell } = roomOf([]);
  room.onInviteCode('made here');
  room.party.invite_code = 'newest';
  await tell('welcome', {});
  await event(6, 'invite_code_changed', true);
  assert.deepEqual(shown, ['made here', 'newest']);
});
