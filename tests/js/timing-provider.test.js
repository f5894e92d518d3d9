import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartyTimingProvider } from '../../partyapp/web/static/party-client/timing-provider.js';
import { OFFSET_MS, party, playback } from './fake-party.js';
import { VirtualTime } from './virtual-time.js';

/** A connection as the provider sees it. */
class FakeConnection extends EventTarget {
  constructor(now, offsetMs = OFFSET_MS) {
    super();
    Object.assign(this, { now, offsetMs, party: null, state: 'connecting', commands: [] });
  }

  partyTimeMs() {
    return this.party && this.now() + this.offsetMs;
  }

  estimate() {
    return this.party && { offsetMs: this.offsetMs, boundMs: 5 };
  }

  async command(action, fields) {
    this.commands.push([action, fields]);
    return { revision: 2 };
  }

  emit(type, detail = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  room(fields, inMs = 0) {
    const revision = (this.party?.revision ?? 0) + 1;
    const at_ms = this.now() + this.offsetMs + inMs;
    this.party = party({ revision, playback: playback({ ...fields, at_ms, revision }) });
    this.emit('playback');
  }
}

function setUp() {
  const time = new VirtualTime();
  const connection = new FakeConnection(time.now);
  const provider = new PartyTimingProvider({ connection, scheduler: time.scheduler });
  const emitted = [];
  for (const type of ['readystatechange', 'change', 'adjust']) provider.addEventListener(type, () => emitted.push(type));
  return { time, connection, provider, emitted };
}

test('it opens once party and clock are known, and stays open through a reconnect', async () => {
  const { connection, provider, emitted } = setUp();
  assert.equal(provider.readyState, 'connecting');
  connection.room({ state: 'playing', position_s: 12 });
  assert.equal(provider.readyState, 'open');
  assert.deepEqual(emitted, ['adjust', 'change', 'readystatechange']);
  assert.deepEqual([provider.startPosition, provider.endPosition], [0, 600]);
  connection.state = 'waiting';
  connection.emit('state');
  assert.equal(provider.readyState, 'open');
  connection.state = 'closed';
  connection.emit('problem', { problem: new Error('removed') });
  connection.emit('state');
  assert.equal(provider.readyState, 'closed');
  assert.equal(provider.error.message, 'removed');
});

test('the vector is in party time, the skew leads there from the member clock', () => {
  const { time, connection, provider } = setUp();
  connection.room({ state: 'playing', position_s: 12, rate: 1.5 });
  assert.deepEqual(provider.vector, {
    position: 12, velocity: 1.5, acceleration: 0, timestamp: (time.ms + OFFSET_MS) / 1000,
  });
  assert.equal(provider.skew, OFFSET_MS / 1000);
});

test('a better clock is an adjust, not a change', () => {
  const { connection, emitted } = setUp();
  connection.room({ state: 'playing', position_s: 0 });
  emitted.length = 0;
  connection.offsetMs += 3;
  connection.emit('clock');
  connection.emit('clock');
  assert.deepEqual(emitted, ['adjust']);
});

test('a scheduled command changes the vector when it begins', async () => {
  const { time, connection, provider, emitted } = setUp();
  connection.room({ state: 'paused', position_s: 7 });
  connection.room({ state: 'playing', position_s: 7 }, 200);
  emitted.length = 0;
  await time.advance(190);
  assert.equal(provider.vector.velocity, 0);
  assert.deepEqual(emitted, []);
  await time.advance(20);
  assert.equal(provider.vector.velocity, 1);
  assert.deepEqual(emitted, ['change']);
});

test('an update is a command, and what a party can not do is refused', async () => {
  const { connection, provider } = setUp();
  await assert.rejects(provider.update({ velocity: 1 }), { name: 'InvalidStateError' });
  connection.room({ state: 'paused', position_s: 7 });
  await provider.update({ velocity: 1 });
  await provider.update({ velocity: 2, position: 30 });
  await provider.update({ position: 40 });
  await provider.update({ position: 9999, velocity: null });
  await provider.update({ velocity: 0 });
  assert.deepEqual(connection.commands.splice(0), [
    ['play', { rate: 1 }], ['play', { rate: 2, position_s: 30 }], ['seek', { position_s: 40 }], ['seek', { position_s: 600 }],
  ]);
  connection.room({ state: 'playing', position_s: 7 });
  await provider.update({ velocity: 0, position: 5 });
  await provider.update({ velocity: 1, position: 6 });
  assert.deepEqual(connection.commands.splice(0), [['pause', undefined], ['seek', { position_s: 5 }], ['seek', { position_s: 6 }]]);
  for (const bad of [{ acceleration: 1 }, { velocity: -1 }, { position: -1 }, { position: NaN }]) {
    await assert.rejects(provider.update(bad), RangeError);
  }
  assert.deepEqual(connection.commands, []);
});

test('the package timing-object follows it', async (context) => {
  // It makes its event targets of elements, which node has not.
  globalThis.window ??= { document: { createElement: () => new EventTarget() } };
  context.after(() => delete globalThis.window);
  const real = await import('timing-object').catch(() => null);
  if (!real) {
    context.skip('the package timing-object is not installed: run npm install in tests/js');
    return;
  }
  // The package reads performance.now() itself, so this one runs on the real clock.
  const connection = new FakeConnection(() => performance.now());
  const provider = new PartyTimingProvider({ connection });
  connection.room({ state: 'playing', position_s: 12 });
  const { TimingObject } = real.default ?? real;
  const timing = new TimingObject(provider);
  const read = () => {
    const { position_s, at_ms } = connection.party.playback;
    const expected = position_s + (connection.partyTimeMs() - at_ms) / 1000;
    return Math.abs(timing.query().position - expected);
  };
  assert.equal(timing.readyState, 'open');
  assert.ok(read() < 0.005);
  assert.equal(timing.endPosition, 600);
  const changed = new Promise((resolve) => timing.addEventListener('change', resolve));
  connection.room({ state: 'playing', position_s: 100 });
  await changed;
  assert.ok(read() < 0.005);
  await timing.update({ velocity: 0 });
  assert.deepEqual(connection.commands, [['pause', undefined]]);
  connection.room({ state: 'paused', position_s: 101 });
  assert.equal(timing.query().position, 101);
  const closed = new Promise((resolve) => timing.addEventListener('readystatechange', resolve));
  provider.destroy();
  await closed;
  assert.equal(timing.readyState, 'closed');
});
