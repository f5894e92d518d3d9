import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartyConnection } from '../../partyapp/web/static/party-client/connection.js';
import { ProblemError } from '../../partyapp/web/static/party-client/problem.js';
import { PARTY_ID, event, fakeSockets, member, party, playback, played } from './fake-party.js';
import { VirtualTime, seededRandom } from './virtual-time.js';

/** A connection on virtual time, a fake server, and everything it dispatched. */
function setUp({ ticket, ...options } = {}) {
  let tickets = 0;
  const countedTicket = async () => ({ ticket: `t${(tickets += 1)}`, expires_in: 30 });
  const time = new VirtualTime();
  const Sockets = fakeSockets(time);
  const windowTarget = new EventTarget();
  const documentTarget = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const connection = new PartyConnection({
    api: { baseUrl: 'https://party.test', ticket: ticket ?? countedTicket }, partyId: PARTY_ID, deviceId: 'd1', WebSocketImpl: Sockets,
    now: time.now, wallNow: time.wallNow, scheduler: time.scheduler, random: seededRandom(7),
    windowTarget, documentTarget, ...options,
  });
  const heard = [];
  for (const type of ['state', 'welcome', 'playback', 'event', 'tick', 'presence', 'ended', 'problem', 'clock']) {
    connection.addEventListener(type, ({ detail }) => heard.push({ type, detail }));
  }
  const of = (type) => heard.filter((one) => one.type === type).map(({ detail }) => detail);
  return { time, Sockets, connection, heard, of, windowTarget, documentTarget };
}

async function opened(options) {
  const parts = setUp(options);
  parts.connection.open();
  await parts.time.advance(0);
  parts.Sockets.last.welcome();
  await parts.time.advance(0);
  return parts;
}

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

test('a tick heals a playback that was lost', async () => {
  const { connection, Sockets } = await opened();
  Sockets.last.receive(event(2));
  const truth = playback({ revision: 2, state: 'playing', position_s: 8 });
  Sockets.last.receive({ type: 'tick', revision: 2, playback: truth, server_time_ms: 0, clock_epoch: 'e1' });
  assert.deepEqual(connection.party.playback, truth);
  connection.close();
});

test('what is not newer changes nothing and is not told', async () => {
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
  assert.equal(connection.party.playback.position_s, 50, 'the newest truth about the timeline holds meanwhile');
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

test('the backoff grows, is capped, and starts anew after a stable connection', async () => {
  const { connection, Sockets, time, of } = await opened({ random: () => 0.999 });
  const delays = () => of('state').filter(({ state }) => state === 'waiting').map(({ retryInMs }) => retryInMs);
  for (let time_ = 0; time_ < 7; time_ += 1) {
    Sockets.last.end(1006);
    await time.advance(10_000);
  }
  const shown = delays().map((ms) => Math.round(ms / 100) * 100);
  assert.deepEqual(shown, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  Sockets.last.welcome();
  await time.advance(11_000);
  Sockets.last.end(1006);
  assert.ok(delays().at(-1) < 500);
  connection.close();
});

test('a connection that does not last does not reset the backoff', async () => {
  const { connection, Sockets, time, of } = await opened({ random: () => 0.999 });
  for (let round = 0; round < 3; round += 1) {
    Sockets.last.end(1006);
    await time.advance(4000);
    Sockets.last.welcome();
    await time.advance(1000);
  }
  const delays = of('state').filter(({ state }) => state === 'waiting').map(({ retryInMs }) => retryInMs);
  assert.ok(delays[2] > 1900);
  connection.close();
});

test('after a restart of the service it comes back within 3 s at random', async () => {
  const { connection, Sockets, of } = await opened({ random: () => 0.9 });
  Sockets.last.end(1012);
  assert.ok(Math.abs(of('state').at(-1).retryInMs - 2700) < 1);
  connection.close();
});

test('4401 gets a new ticket at once, but not in a loop', async () => {
  const { connection, Sockets, time, of } = await opened();
  Sockets.last.end(4401);
  await time.advance(0);
  assert.equal(Sockets.all.length, 2);
  assert.equal(Sockets.last.url.searchParams.get('ticket'), 't2');
  Sockets.last.welcome();
  Sockets.last.end(4401);
  assert.ok(of('state').at(-1).retryInMs > 0);
  connection.close();
});

for (const [code, reason] of [[4410, 'ended'], [4403, 'removed'], [4409, 'replaced']]) {
  test(`${code} (${reason}) is final`, async () => {
    const { connection, Sockets, time, of } = await opened();
    const waiting = assert.rejects(connection.command('play'), { code: 'closed' });
    Sockets.last.end(code);
    await waiting;
    assert.equal(connection.state, 'closed');
    assert.equal(of('state').at(-1).reason, reason);
    await time.advance(60_000);
    assert.equal(Sockets.all.length, 1);
    assert.equal(time.pendingTimers, 0, 'nothing runs on');
    if (reason === 'replaced') assert.equal(of('problem').at(-1).problem.code, 'replaced');
    if (reason === 'ended') assert.equal(connection.party.state, 'ended');
  });
}

test('the end of the party is told once', async () => {
  const { connection, Sockets, of } = await opened();
  Sockets.last.receive({ type: 'ended', reason: 'host', revision: 2 });
  Sockets.last.end(4410);
  assert.deepEqual(of('ended'), [{ reason: 'host', revision: 2 }]);
  assert.equal(connection.state, 'closed');
});

test('a command whose effect closes the connection has succeeded', async () => {
  const { connection, Sockets } = await opened();
  const left = connection.command('leave');
  Sockets.last.end(4403);
  assert.deepEqual(await left, { revision: 1 });
});

test('no ticket: a refusal is final, a failure is tried again', async () => {
  const refused = setUp({ ticket: async () => { throw new ProblemError({ status: 403, code: 'not_a_member', title: 'No' }); } });
  refused.connection.open();
  await refused.time.advance(0);
  assert.equal(refused.connection.state, 'closed');
  assert.equal(refused.of('problem')[0].problem.code, 'not_a_member');

  let tries = 0;
  const flaky = setUp({
    ticket: async () => {
      tries += 1;
      if (tries === 1) throw new ProblemError({ status: 503, code: 'unavailable' }, { retryAfterMs: 5000 });
      return { ticket: 't' };
    },
  });
  flaky.connection.open();
  await flaky.time.advance(4900);
  assert.equal(tries, 1);
  await flaky.time.advance(700);
  assert.equal(tries, 2);
  flaky.connection.close();
});

test('no welcome in time is a failed attempt', async () => {
  const { connection, Sockets, time } = setUp();
  connection.open();
  await time.advance(9000);
  assert.equal(Sockets.all.length, 1);
  await time.advance(2000);
  assert.equal(Sockets.all.length, 2);
  assert.equal(Sockets.all[0].closedWith, 1000);
  connection.close();
});

test('back online, and seen again, it does not wait for its backoff', async () => {
  for (const target of ['windowTarget', 'documentTarget']) {
    const parts = await opened({ random: () => 0.999 });
    for (let round = 0; round < 6; round += 1) {
      parts.Sockets.last.end(1006);
      await parts.time.advance(round < 5 ? 10_000 : 2000);
    }
    const before = parts.Sockets.all.length;
    assert.equal(parts.connection.state, 'waiting');
    parts[target].dispatchEvent(new Event(target === 'windowTarget' ? 'online' : 'visibilitychange'));
    await parts.time.advance(0);
    assert.equal(parts.Sockets.all.length, before + 1);
    parts.connection.close();
  }
});

test('a ping without an answer for 10 s is a dead socket', async () => {
  const { connection, Sockets, time } = await opened();
  await time.advance(3000);
  const socket = Sockets.last;
  socket.answersPings = false;
  await time.advance(10_000);
  assert.equal(connection.state, 'open');
  await time.advance(3500);
  assert.notEqual(Sockets.last, socket);
  socket.receive(event(2));
  assert.equal(connection.party.revision, 1, 'a dropped socket says nothing any more');
  connection.close();
});

test('nothing received for 2.5 heartbeats is a dead socket', async () => {
  const parts = setUp();
  parts.connection.open();
  await parts.time.advance(0);
  parts.Sockets.last.answersPings = false;
  parts.Sockets.last.welcome({ heartbeat_s: 2 });
  await parts.time.advance(4900);
  assert.equal(parts.Sockets.all.length, 1);
  await parts.time.advance(2000);
  assert.equal(parts.Sockets.all.length, 2);
  parts.connection.close();
});

test('a socket that is dropped leaves no listener and no timer behind when closed', async () => {
  const { connection, time } = await opened();
  await time.advance(5000);
  connection.close();
  assert.equal(connection.state, 'closed');
  assert.equal(time.pendingTimers, 0);
});
