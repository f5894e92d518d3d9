import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartyConnection } from '../../partyapp/web/static/party-client/connection.js';
import { ProblemError } from '../../partyapp/web/static/party-client/problem.js';
import { PARTY_ID, fakeSockets, playback } from './fake-party.js';
import { VirtualTime } from './virtual-time.js';

async function opened() {
  const time = new VirtualTime();
  const Sockets = fakeSockets(time);
  const connection = new PartyConnection({
    api: { baseUrl: 'http://party.test', ticket: async () => ({ ticket: 't' }) }, partyId: PARTY_ID,
    WebSocketImpl: Sockets, now: time.now, wallNow: time.wallNow, scheduler: time.scheduler, random: () => 0.5,
    windowTarget: null, documentTarget: null,
  });
  connection.open();
  await time.advance(0);
  Sockets.last.welcome();
  return { time, Sockets, connection };
}

test('a command goes out with an id of its own and is settled by its ack', async () => {
  const { connection, Sockets } = await opened();
  const play = connection.command('play', { position_s: 3, rate: 1 });
  const seek = connection.command('seek', { position_s: 9 });
  const [first, second] = Sockets.last.of('command');
  assert.deepEqual({ ...first, id: 0, atMs: 0 }, { type: 'command', id: 0, atMs: 0, action: 'play', position_s: 3, rate: 1 });
  assert.notEqual(first.id, second.id);
  Sockets.last.receive({ type: 'ack', id: second.id, revision: 3 });
  Sockets.last.receive({ type: 'ack', id: first.id, revision: 2 });
  assert.deepEqual(await play, { revision: 2 });
  assert.deepEqual(await seek, { revision: 3 });
  connection.close();
});

test('an error rejects its command as a ProblemError; one without a command is dispatched', async () => {
  const { connection, Sockets } = await opened();
  const problems = [];
  connection.addEventListener('problem', ({ detail }) => problems.push(detail.problem.code));
  const play = connection.command('play');
  const problem = { status: 403, code: 'forbidden', title: 'Not you', detail: 'Only the host.' };
  Sockets.last.receive({ type: 'error', id: Sockets.last.of('command')[0].id, problem });
  await assert.rejects(play, (error) => error instanceof ProblemError && error.code === 'forbidden' && error.status === 403);
  assert.deepEqual(problems, []);
  Sockets.last.receive({ type: 'error', problem: { status: 400, code: 'malformed_json' } });
  assert.deepEqual(problems, ['malformed_json']);
  connection.close();
});

test('a command without an answer is sent again with the same id after the resume', async () => {
  const { connection, Sockets, time } = await opened();
  const play = connection.command('play');
  const [{ id }] = Sockets.last.of('command');
  Sockets.last.end(1006);
  await time.advance(1000);
  assert.equal(Sockets.all.length, 2);
  assert.equal(Sockets.last.of('command').length, 0, 'not before the welcome');
  Sockets.last.welcome();
  assert.deepEqual(Sockets.last.of('command').map((one) => one.id), [id]);
  Sockets.last.receive({ type: 'ack', id, revision: 2 });
  assert.deepEqual(await play, { revision: 2 });
  Sockets.last.end(1006);
  await time.advance(2000);
  Sockets.last.welcome();
  assert.equal(Sockets.last.of('command').length, 0, 'an answered one is not sent again');
  connection.close();
});

test('commands given while away go out in order on the welcome', async () => {
  const { connection, Sockets, time } = await opened();
  Sockets.last.end(1006);
  connection.command('pause').catch(() => {});
  connection.command('seek', { position_s: 1 }).catch(() => {});
  await time.advance(1000);
  Sockets.last.welcome();
  assert.deepEqual(Sockets.last.of('command').map(({ action }) => action), ['pause', 'seek']);
  connection.close();
});

test('without an answer a command is rejected after 15 s', async () => {
  const { connection, time } = await opened();
  const failed = assert.rejects(connection.command('play'), (error) => error instanceof ProblemError && error.code === 'timeout');
  await time.advance(14_900);
  assert.equal(connection.state, 'open');
  await time.advance(200);
  await failed;
  connection.close();
});

test('the broadcast of a command proves it too, and a fresh welcome has it sent again', async () => {
  const { connection, Sockets } = await opened();
  const play = connection.command('play');
  const [{ id }] = Sockets.last.of('command');
  Sockets.last.receive({
    type: 'playback', revision: 2, action: 'play', by: 'me', command_id: id, playback: playback({ revision: 2, state: 'playing' }),
  });
  assert.deepEqual(await play, { revision: 2 });

  connection.command('pause').catch(() => {});
  Sockets.last.welcome();
  const sent = Sockets.last.of('command').slice(1).map((one) => one.id);
  assert.equal(sent.length, 2);
  assert.equal(new Set(sent).size, 1);
  connection.close();
});

test('on a closed connection a command is refused, and too many at once are', async () => {
  const { connection } = await opened();
  const waiting = Array.from({ length: 32 }, () => connection.command('play').catch((error) => error.code));
  await assert.rejects(connection.command('play'), { code: 'rate_limited' });
  connection.close();
  assert.deepEqual(new Set(await Promise.all(waiting)), new Set(['closed']));
  await assert.rejects(connection.command('play'), { code: 'closed' });
});

test('statuses are few, and dropped when the network takes nothing', async () => {
  const { connection, Sockets, time } = await opened();
  const status = { position_s: 1, state: 'playing', revision: 1, sampled_at_ms: 5 };
  assert.equal(connection.sendStatus(status), true);
  assert.equal(connection.sendStatus(status), false);
  await time.advance(300);
  Sockets.last.bufferedAmount = 100_000;
  assert.equal(connection.sendStatus(status), false);
  Sockets.last.bufferedAmount = 0;
  assert.equal(connection.sendStatus(status), true);
  assert.deepEqual({ ...Sockets.last.of('status')[0], atMs: 0 }, { ...status, type: 'status', atMs: 0 });
  assert.equal(connection.sendStatus({ ...status, state: 'x'.repeat(20_000) }), false);
  connection.close();
});
