/** The client's party after each message of the server equals the server's own view. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { opened } from './connection-setup.js';

/** Recorded by `python -m tests.golden.record_party_messages`, which says what a vector is. */
const vectors = JSON.parse(readFileSync(new URL('../golden/party_messages.json', import.meta.url), 'utf8'));

/** `lead_ms` is a figure of the snapshot: no `playback` message carries it, and nothing in the client reads it. */
const comparable = ({ lead_ms, ...party }) => party;

const SYNC = { offset_bound_ms: 4, drift_ms: 1, rtt_ms: 8, state: 'playing', verdict: 'in_sync' };

/** A party after messages, as a connection has it that was welcomed with the party before them. */
async function partyAfter(before, messages) {
  const { connection, Sockets, of } = await opened();
  Sockets.last.welcome({ party: before });
  for (const message of messages) Sockets.last.receive(message);
  const { party, state } = connection;
  connection.close();
  return { party, state, of };
}

for (const { name, before, messages, after } of vectors) {
  test(`the party after: ${name}`, async () => {
    const { party, state } = await partyAfter(before, messages);
    assert.deepEqual(comparable(party), comparable(after));
    assert.equal(state, 'open');
  });

  test(`the same messages twice: ${name}`, async () => {
    const { party, state } = await partyAfter(before, [...messages, ...messages]);
    assert.deepEqual(comparable(party), comparable(after));
    assert.equal(state, 'open');
  });

  test(`presence stays as it was: ${name}`, async () => {
    const known = new Set(before.members.map(({ user_id }) => user_id));
    const present = (party) => {
      const members = party.members.map((one) =>
        known.has(one.user_id) ? { ...one, online: true, sync: SYNC } : one,
      );
      return { ...party, members, online_count: members.filter((one) => one.online).length };
    };
    const { party } = await partyAfter(present(before), messages);
    assert.deepEqual(comparable(party), comparable(present(after)));
  });
}

test('the vectors, one after the other, are one party of one connection', async () => {
  const { connection, Sockets, of } = await opened();
  Sockets.last.welcome({ party: vectors[0].before });
  for (const { before, messages, after } of vectors) {
    if (before.revision !== connection.party.revision) continue;
    for (const message of messages) Sockets.last.receive(message);
    assert.deepEqual(comparable(connection.party), comparable(after));
  }
  assert.equal(connection.party.state, 'ended');
  assert.equal(of('ended').length, 1);
  connection.close();
});

test('of a large party no more members are kept than the welcome has listed, and the crowd is counted', async () => {
  const { connection, Sockets } = await opened();
  const told = [];
  connection.addEventListener('crowd', ({ detail }) => told.push(detail.in_sync));
  const { before } = vectors[1];
  const listed = Array.from({ length: 100 }, (_, number) => ({ ...before.members[0], user_id: `m${number}` }));
  const party = { ...before, members: listed, member_count: 150, online_count: 7 };
  Sockets.last.welcome({ party });
  const join = (number) => ({
    type: 'event',
    event: { revision: before.revision + number, type: 'member_joined', at_ms: 1, actor_id: null, data: { user_id: `new${number}` } },
    member: { ...before.members[0], user_id: `new${number}` },
  });
  Sockets.last.receive(join(1));
  Sockets.last.receive(join(2));
  assert.equal(connection.party.members.length, 100);
  assert.equal(connection.party.member_count, 152);
  Sockets.last.receive({ type: 'presence', members: [{ user_id: 'm1', online: true, sync: null }] });
  assert.equal(connection.party.online_count, 7);
  const crowd = { member_count: 152, online_count: 90, in_sync: 80, likely: 5, out_of_sync: 1, unknown: 4 };
  Sockets.last.receive({ type: 'crowd', ...crowd });
  assert.equal(connection.party.online_count, 90);
  assert.deepEqual(told, [80]);
  connection.close();
});

test('a server that counts nobody lists everybody', async () => {
  const { connection, Sockets } = await opened();
  const { member_count, online_count, ...party } = vectors[1].after;
  Sockets.last.welcome({ party });
  assert.equal(connection.party.member_count, party.members.length);
  assert.equal(connection.party.online_count, 0);
  connection.close();
});

/** A party of so many members, a hundred of whom are listed, and what hands it over or has somebody leave. */
function largeParty(member_count) {
  const { before } = vectors[1];
  const members = Array.from({ length: 100 }, (_, number) => ({ ...before.members[0], user_id: `m${number}` }));
  const event = (type, data) => ({
    type: 'event', event: { revision: before.revision + 1, type, at_ms: 1, actor_id: null, data },
  });
  return { party: { ...before, host_id: 'm0', members, member_count }, event };
}

test('a new host whom a large party does not list has a name all the same', async () => {
  const { connection, Sockets } = await opened();
  const { party, event } = largeParty(10_000);
  Sockets.last.welcome({ party });
  const known = { to_display_name: 'Zoe', to_joined_at_ms: 1700000000000 };
  const handed = event('host_transferred', { from_user_id: 'm0', to_user_id: 'm5000', reason: 'left', ...known });
  Sockets.last.receive({ ...handed, host_id: 'm5000' });
  const hosts = connection.party.members.filter(({ role }) => role === 'host');
  assert.deepEqual(hosts.map(({ user_id, display_name }) => [user_id, display_name]), [['m5000', 'Zoe']]);
  assert.equal(connection.party.host_id, 'm5000');
  connection.close();
});

test('a party that becomes small is asked for all its members', async () => {
  const { connection, Sockets, time } = await opened();
  const { party, event } = largeParty(101);
  Sockets.last.welcome({ party });
  const before = Sockets.last;
  Sockets.last.receive(event('member_left', { user_id: 'm200' }));
  assert.equal(connection.party.member_count, 100);
  await time.advance(60_000);
  assert.notEqual(Sockets.last, before, 'by a socket that is opened anew');
  connection.close();
});
