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
    const present = (party) => ({
      ...party,
      members: party.members.map((one) => (known.has(one.user_id) ? { ...one, online: true, sync: SYNC } : one)),
    });
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
