import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opened } from './connection-setup.js';
import { PARTY_ID, event, member, party, playback, played } from './fake-party.js';

test('it connects with a ticket, its device and the subprotocol, and never with the token', async () => {
  const { connection, Sockets, of } = await opened();
  const { url, protocols } = Sockets.last;
  assert.equal(url.protocol, 'wss:');
  assert.equal(url.pathname, `/api/parties/${PARTY_ID}/ws`);
  assert.deepEqual(Object.fromEntries(url.searchParams), { ticket: 't1', device_id: 'd1' });
  assert.deepEqual(protocols, ['party.v1']);
  assert.deepEqual(of('state').map(({ state }) => state), ['connecting', 'open']);
  assert.equal(connection.state, 'open');
  assert.equal(connection.party.title, 'Night');
  connection.close();
});

test('the party is kept current by what happens', async () => {
  const { connection, Sockets, of } = await opened();
  const socket = Sockets.last;
  socket.receive(event(2, 'member_joined', { member: member('bob') }));
  assert.deepEqual(connection.party.members.map(({ user_id }) => user_id).slice(1), ['bob']);
  socket.receive(played(3, { position_s: 4 }));
  assert.equal(connection.party.playback.state, 'playing');
  socket.receive(event(4, 'host_transferred', { host_id: 'bob' }));
  assert.equal(connection.party.host_id, 'bob');
  assert.deepEqual(connection.party.members.map(({ role }) => role), ['member', 'host']);
  socket.receive({ type: 'presence', members: [{ user_id: 'bob', online: false, sync: null }] });
  assert.equal(connection.party.members[1].online, false);
  const left = event(5, 'member_left');
  left.event.data = { user_id: 'bob' };
  socket.receive(left);
  assert.equal(connection.party.members.length, 1);
  assert.equal(connection.party.revision, 5);
  assert.equal(of('event').length, 3);
  connection.close();
});

test('a tick replaces a playback that was lost', async () => {
  const { connection, Sockets } = await opened();
  Sockets.last.receive(event(2));
  const current = playback({ revision: 2, state: 'playing', position_s: 8 });
  Sockets.last.receive({ type: 'tick', revision: 2, playback: current, server_time_ms: 0, clock_epoch: 'e1' });
  assert.deepEqual(connection.party.playback, current);
  connection.close();
});

test('what is not newer changes nothing and dispatches nothing', async () => {
  const { connection, Sockets, of } = await opened();
  Sockets.last.receive(played(2, { position_s: 5 }));
  Sockets.last.receive(played(2, { position_s: 6 }));
  Sockets.last.receive(played(1, { position_s: 7 }));
  Sockets.last.receive(event(1));
  assert.equal(connection.party.playback.position_s, 5);
  assert.equal(of('playback').length, 1);
  assert.equal(of('event').length, 0);
  connection.close();
});

test('a gap makes it reconnect and resume from the last revision without a gap', async () => {
  const { connection, Sockets, time, of } = await opened();
  Sockets.last.receive(event(2));
  Sockets.last.receive(played(4, { position_s: 50 }));
  assert.equal(connection.state, 'waiting');
  assert.equal(connection.party.playback.position_s, 50, 'the newest playback holds meanwhile');
  await time.advance(1000);
  assert.equal(Sockets.all.length, 2);
  assert.equal(Sockets.last.url.searchParams.get('last_revision'), '2');
  assert.equal(Sockets.last.url.searchParams.get('ticket'), 't2');
  Sockets.last.welcome({ party: party({ revision: 4, playback: playback({ revision: 4, position_s: 50 }) }) });
  Sockets.last.receive(event(3));
  Sockets.last.receive(event(4, 'playback_started'));
  Sockets.last.receive(event(4, 'playback_started'));
  Sockets.last.receive(event(5));
  assert.deepEqual(of('event').map((one) => [one.event.revision, one.replayed]),
    [[2, false], [3, true], [4, true], [5, false]]);
  assert.equal(connection.party.revision, 5);
  assert.equal(connection.state, 'open');
  connection.close();
});

test('a tick that is ahead is a gap only if what it knows of does not come', async () => {
  const { connection, Sockets, time } = await opened();
  const tick = (revision) => ({ type: 'tick', revision, playback: playback(), server_time_ms: 0, clock_epoch: 'e1' });
  Sockets.last.receive(tick(2));
  Sockets.last.receive(event(2));
  await time.advance(3000);
  assert.equal(connection.state, 'open');
  Sockets.last.receive(tick(3));
  await time.advance(3000);
  assert.equal(Sockets.all.length, 2);
  connection.close();
});

test('a fresh welcome on the same socket is a snapshot, an older one is not', async () => {
  const { connection, Sockets } = await opened();
  Sockets.last.receive(event(2));
  Sockets.last.welcome({ party: party({ revision: 9, title: 'Newer' }) });
  assert.equal(connection.party.title, 'Newer');
  Sockets.last.welcome({ party: party({ revision: 8, title: 'Older' }) });
  assert.equal(connection.party.title, 'Newer');
  Sockets.last.receive(event(10));
  assert.equal(connection.party.revision, 10);
  assert.equal(Sockets.all.length, 1);
  connection.close();
});

test('a host who is back is told of, and changes nothing by that', async () => {
  const { connection, Sockets, of } = await opened();
  const before = connection.party;
  Sockets.last.receive({ type: 'host_returned', user_id: 'bob', display_name: 'Bob', until_ms: 1 });
  const notification = { id: 'n1', type: 'party_invitation', party_id: 'another', data: {} };
  Sockets.last.receive({ type: 'notification', notification });
  assert.deepEqual(of('notification'), [{ notification }]);
  assert.deepEqual(of('host_returned').map(({ user_id }) => user_id), ['bob']);
  assert.deepEqual(connection.party, before);
  connection.close();
});
