import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProblemError } from '../../partyapp/web/static/party-client/problem.js';
import { opened, setUp } from './connection-setup.js';
import { event } from './fake-party.js';

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

test('the end of the party is dispatched once', async () => {
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

test('a ping without an answer for 10 s ends the socket', async () => {
  const { connection, Sockets, time } = await opened();
  await time.advance(3000);
  const socket = Sockets.last;
  socket.answersPings = false;
  await time.advance(10_000);
  assert.equal(connection.state, 'open');
  await time.advance(3500);
  assert.notEqual(Sockets.last, socket);
  socket.receive(event(2));
  assert.equal(connection.party.revision, 1, 'a dropped socket calls no handler any more');
  connection.close();
});

test('nothing received for 2.5 heartbeats ends the socket', async () => {
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

test('without a WebSocket it is said what to do', async () => {
  const { connection, time, of } = setUp({ WebSocketImpl: undefined });
  connection.open();
  await time.advance(0);
  const [{ problem }] = of('problem');
  assert.match(problem.detail, /no WebSocket here.*WebSocketImpl.*`ws`/);
  connection.close();
});

test('a fault in the program is dispatched as client_error, and the next attempt is made', async () => {
  const faults = [
    { ticket: async () => { throw new RangeError('Maximum call stack size exceeded'); } },
    { WebSocketImpl: null },
    { WebSocketImpl: class { constructor() { throw new TypeError('not from this page'); } } },
  ];
  for (const fault of faults) {
    const { connection, time, of } = setUp(fault);
    connection.open();
    await time.advance(0);
    assert.equal(connection.state, 'waiting');
    assert.deepEqual(of('problem').map(({ problem }) => problem.code), ['client_error']);
    await time.advance(1000);
    assert.ok(of('problem').length >= 2);
    connection.close();
    assert.equal(time.pendingTimers, 0);
  }
});
