import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartyConnection } from '../../partyapp/web/static/party-client/connection.js';
import { measureQuantumMs } from '../../partyapp/web/static/party-client/clock-quantum.js';
import { OFFSET_MS, PARTY_ID, fakeSockets, playback, played } from './fake-party.js';
import { VirtualTime } from './virtual-time.js';

/** A clock that records its calls; one exchange is enough for it. */
class RecordingClock {
  exchanges = [];
  asked = [];
  resets = 0;
  steps = 0;
  offsetMs = 0;
  doubtful = false;

  beginBurst({ doubtful = false } = {}) {
    this.doubtful ||= doubtful;
  }

  observe(...exchange) {
    this.doubtful = false;
    this.exchanges.push(exchange);
    const [t1, t2, t3, t4] = exchange;
    this.offsetMs = (t2 - t1 + t3 - t4) / 2;
    return true;
  }

  estimate(_memberTimeMs, rootBoundMs = 0) {
    const { offsetMs, steps, exchanges } = this;
    const samples = exchanges.length;
    const boundMs = samples && !this.doubtful ? 10 + rootBoundMs : Infinity;
    return { offsetMs, boundMs, driftPpm: 0, lowerMs: 0, upperMs: 0, rttMinMs: 20, steps, rateResets: 0, samples };
  }

  nextDelayMs(hints) {
    this.asked.push(hints);
    return hints.playing ? 1000 : 5000;
  }

  reset() {
    this.resets += 1;
    this.exchanges = [];
  }
}

async function opened({ welcome = {}, ...socketFields } = {}) {
  const time = new VirtualTime();
  const Sockets = fakeSockets(time);
  const documentTarget = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const clock = new RecordingClock();
  const connection = new PartyConnection({
    api: { baseUrl: 'http://party.test', ticket: async () => ({ ticket: 't' }) }, partyId: PARTY_ID,
    WebSocketImpl: Sockets, now: time.now, wallNow: time.wallNow, scheduler: time.scheduler, random: () => 0.5,
    windowTarget: null, documentTarget, clock,
  });
  connection.open();
  await time.advance(0);
  Object.assign(Sockets.last, socketFields);
  Sockets.last.welcome(welcome);
  return { time, Sockets, connection, clock, documentTarget, socket: Sockets.last };
}

const gaps = (pings) => pings.slice(1).map(({ atMs }, n) => atMs - pings[n].atMs);

test('a burst of 8, 100 ms apart, then as often as the estimator asks', async () => {
  const { time, connection, socket, clock } = await opened();
  await time.advance(700);
  assert.deepEqual(gaps(socket.of('ping')), Array(7).fill(100));
  await time.advance(10_000);
  assert.deepEqual(gaps(socket.of('ping')).slice(7), [5020]);
  assert.deepEqual(new Set(clock.asked.map(({ playing }) => playing)), new Set([false]));
  connection.close();
});

test('an exchange is stamped on the member clock at both ends, and gives party time', async () => {
  const { time, connection, clock } = await opened();
  assert.equal(connection.partyTimeMs(), null);
  assert.equal(connection.estimate(), null);
  const clocks = [];
  connection.addEventListener('clock', ({ detail }) => clocks.push(detail.boundMs));
  const t1 = time.ms;
  await time.advance(50);
  assert.deepEqual(clock.exchanges[0], [t1, t1 + 10 + OFFSET_MS, t1 + 10 + OFFSET_MS, t1 + 20]);
  assert.equal(connection.partyTimeMs(), time.ms + OFFSET_MS);
  assert.equal(connection.partyTimeMs(0), OFFSET_MS);
  assert.equal(connection.rootBoundMs, 0.2);
  assert.deepEqual(clocks, [10.2]);
  connection.close();
});

test('each ping gives back the complete exchange before it', async () => {
  const { time, connection, socket } = await opened();
  await time.advance(300);
  const [first, second] = socket.of('ping');
  assert.equal(first.prev, undefined);
  assert.deepEqual(second.prev, {
    n: first.n, t1: first.t1, t2: first.t1 + 10 + OFFSET_MS, t3: first.t1 + 10 + OFFSET_MS, t4: first.t1 + 20,
  });
  connection.close();
});

test('one is outstanding at a time, however slow the answers', async () => {
  const { time, connection, socket } = await opened({ delayMs: 400 });
  await time.advance(6600);
  const pings = socket.of('ping');
  assert.deepEqual(gaps(pings).slice(0, 7), Array(7).fill(800));
  connection.close();
});

test('playing and pausing decide how often, and a start does not wait for a long pause', async () => {
  const { time, connection, socket, clock } = await opened();
  await time.advance(2000);
  const before = socket.of('ping').length;
  socket.receive(played(2));
  await time.advance(100);
  assert.equal(socket.of('ping').length, before + 1);
  await time.advance(5000);
  assert.equal(clock.asked.at(-1).playing, true);
  assert.ok(socket.of('ping').length >= before + 5);
  connection.close();
});

test('a reconnect, a page that becomes visible and a sleep begin a burst', async () => {
  const { time, Sockets, connection, socket, documentTarget } = await opened();
  const burstAfter = async (act) => {
    await time.advance(3000);
    act();
    const from = time.ms;
    await time.advance(1600);
    return Sockets.last.of('ping').filter(({ atMs }) => atMs >= from).length >= 8;
  };
  assert.ok(await burstAfter(() => documentTarget.dispatchEvent(new Event('visibilitychange'))));
  // Asleep: the wall clock has moved on, the monotonic one stood still.
  assert.ok(await burstAfter(() => { time.wallOffsetMs += 30_000; }));
  assert.equal(connection.state, 'open');
  // Frozen with both clocks running: the timers come late.
  assert.ok(await burstAfter(() => { time.ms += 30_000; }));
  assert.equal(connection.state, 'open', 'silence during a sleep does not end the socket');
  assert.equal(Sockets.all.length, 1);
  socket.end(1006);
  await time.advance(1000);
  assert.ok(await burstAfter(() => Sockets.last.welcome()));
  assert.equal(Sockets.all.length, 2);
  assert.equal(Sockets.last.of('ping')[0].prev, undefined, 'an exchange of the old socket is none of the new one');
  connection.close();
});

test('after a sleep nothing is known of the clock until the next exchange', async () => {
  const { time, connection } = await opened();
  await time.advance(3100);
  time.wallOffsetMs += 30_000;
  const known = [];
  for (let ms = 0; ms < 1100; ms += 1) {
    await time.advance(1);
    known.push(connection.partyTimeMs() !== null);
  }
  assert.equal(known.filter((one) => !one).length, 20, 'one round trip');
  assert.equal(known.at(-1), true);
  connection.close();
});

test('after a sleep a slow socket is kept', async () => {
  const { time, Sockets, connection } = await opened({ delayMs: 1200 });
  await time.advance(30_000);
  time.ms += 60_000;
  await time.advance(10_000);
  assert.equal(Sockets.all.length, 1);
  connection.close();
});

test('after a sleep a lost socket is replaced within a few seconds', async () => {
  const { time, Sockets, connection } = await opened();
  await time.advance(3000);
  Sockets.last.answersPings = false;
  time.ms += 30_000;
  await time.advance(6000);
  assert.equal(Sockets.all.length, 2);
  connection.close();
});

test('a new time base starts the estimate anew, with a burst', async () => {
  const { time, connection, socket, clock } = await opened();
  await time.advance(3000);
  assert.equal(clock.resets, 0);
  socket.epoch = 'e2';
  socket.receive({ type: 'tick', revision: 1, playback: playback(), server_time_ms: 0, clock_epoch: 'e2' });
  assert.equal(clock.resets, 1);
  assert.equal(connection.partyTimeMs(), null);
  const from = time.ms;
  await time.advance(1000);
  assert.equal(clock.resets, 1);
  const pings = socket.of('ping').filter(({ atMs }) => atMs >= from);
  assert.ok(pings.length >= 8);
  assert.equal(pings[0].prev, undefined);
  connection.close();
});

test('a step of the clock that the estimator has proven begins a burst', async () => {
  const { time, connection, socket, clock } = await opened();
  await time.advance(2000);
  clock.steps = 1;
  const before = socket.of('ping').length;
  socket.receive(played(2));
  await time.advance(1500);
  assert.ok(socket.of('ping').length - before >= 8);
  connection.close();
});

test('a pong that answers nothing is no exchange', async () => {
  const { time, connection, socket, clock } = await opened();
  socket.answersPings = false;
  await time.advance(200);
  const before = clock.exchanges.length;
  const [{ n, t1 }] = socket.of('ping').slice(-1);
  socket.receive({ type: 'pong', n: n + 7, t1, t2: 1, t3: 1 });
  socket.receive({ type: 'pong', n, t1, t2: null, t3: 1 });
  assert.equal(clock.exchanges.length, before);
  socket.receive({ type: 'pong', n, t1: t1 - 5000, t2: OFFSET_MS, t3: OFFSET_MS });
  assert.equal(clock.exchanges.at(-1)[0], t1, 'its own t1 counts, not that of the pong');
  connection.close();
});

test('the quantum of a coarse clock is its smallest increment', () => {
  let reads = 0;
  assert.equal(measureQuantumMs(() => Math.floor((reads += 1) / 100)), 1);
  reads = 0;
  assert.ok(Math.abs(measureQuantumMs(() => Math.floor((reads += 1) / 7) * 0.1) - 0.1) < 1e-9);
  assert.equal(measureQuantumMs(() => 5, { maxReads: 100 }), 100);
});
