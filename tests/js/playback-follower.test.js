import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlaybackFollower } from '../../partyapp/web/static/party-client/playback-follower.js';
import { FakeMedia } from './fake-media.js';
import { OFFSET_MS, party, playback } from './fake-party.js';
import { VirtualTime } from './virtual-time.js';

/** A connection as the follower sees it: the clock is known, the party is what the test says. */
class FakeConnection extends EventTarget {
  constructor(time) {
    super();
    Object.assign(this, { time, now: time.now, party: party(), statuses: [], clockKnown: true });
  }

  partyTimeMs(localMs = this.time.ms) {
    return this.clockKnown ? localMs + OFFSET_MS : null;
  }

  estimate() {
    return this.clockKnown ? { boundMs: 5 } : null;
  }

  sendStatus(status) {
    this.statuses.push({ ...status, atMs: this.time.ms });
    return true;
  }

  /** The room's timeline changes: in so many ms from now, relative to which the position is meant. */
  room(fields, inMs = 0) {
    const revision = this.party.revision + 1;
    const at_ms = this.time.ms + OFFSET_MS + inMs;
    this.party = { ...this.party, revision, playback: playback({ ...fields, at_ms, revision }) };
    this.dispatchEvent(new CustomEvent('playback', { detail: {} }));
  }
}

function setUp({ media: how, start = true, ...options } = {}) {
  const time = new VirtualTime();
  const media = new FakeMedia(time, how);
  const connection = new FakeConnection(time);
  const documentTarget = new EventTarget();
  const follower = new PlaybackFollower({ media, connection, scheduler: time.scheduler, documentTarget, ...options });
  const heard = [];
  for (const type of ['blocked', 'unblocked', 'correction', 'skew', 'mediaerror']) {
    follower.addEventListener(type, ({ detail }) => heard.push({ type, detail, atMs: time.ms }));
  }
  if (start) follower.start();
  const of = (type) => heard.filter((one) => one.type === type);
  const roomS = () => {
    const { position_s, at_ms, state, rate } = connection.party.playback;
    return position_s + (state === 'playing' ? (Math.max(0, time.ms + OFFSET_MS - at_ms) / 1000) * rate : 0);
  };
  const errorMs = () => (roomS() - media.currentTime) * 1000;
  return { time, media, connection, follower, of, errorMs, documentTarget };
}

test('a scheduled start: play() is called before it, and not long before', async () => {
  const { time, media, connection, errorMs, follower } = setUp();
  connection.room({ state: 'playing', position_s: 0 }, 200);
  await time.advance(150);
  assert.equal(media.paused, true);
  await time.advance(45);
  assert.equal(media.paused, false);
  assert.ok(media.playCalls[0] >= 1000 + 140 && media.playCalls[0] <= 1000 + 175, `${media.playCalls[0]}`);
  await time.advance(5000);
  assert.ok(Math.abs(errorMs()) < 6);
  assert.equal(media.seeks.length, 0);
  follower.stop();
});

test('the start-up latency of the player is learned', async () => {
  const { time, media, connection, follower } = setUp({ media: { startMs: 300 } });
  for (let round = 0; round < 6; round += 1) {
    connection.room({ state: 'playing', position_s: media.currentTime }, 600);
    await time.advance(5000);
    connection.room({ state: 'paused', position_s: media.currentTime }, 0);
    await time.advance(2000);
  }
  const callMs = media.playCalls.at(-1);
  connection.room({ state: 'playing', position_s: media.currentTime }, 600);
  const startMs = time.ms + 600;
  await time.advance(1000);
  assert.ok(Math.abs(startMs - media.playCalls.at(-1) - 300) < 25, `${startMs - media.playCalls.at(-1)} after ${callMs}`);
  follower.stop();
});

test('joining late it goes to where the room is, and gets in step', async () => {
  const { time, media, connection, errorMs, follower } = setUp({ start: false });
  connection.room({ state: 'playing', position_s: 30 }, -60_000);
  follower.start();
  await time.advance(6000);
  assert.equal(media.paused, false);
  assert.ok(Math.abs(errorMs()) < 6, `${errorMs()} ms`);
  assert.ok(media.seeks.length <= 2);
  assert.equal(media.preservesPitch, true);
  follower.stop();
});

test('a pause is at its place, at its time', async () => {
  const { time, media, connection, follower } = setUp();
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(5000);
  connection.room({ state: 'paused', position_s: 5.2 }, 200);
  await time.advance(190);
  assert.equal(media.paused, false);
  await time.advance(20);
  assert.equal(media.paused, true);
  await time.advance(500);
  assert.ok(Math.abs(media.currentTime - 5.2) < 0.031);
  follower.stop();
});

test('a seek of the room is followed, and lands in step', async () => {
  const { time, media, connection, errorMs, follower } = setUp();
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(5000);
  connection.room({ state: 'playing', position_s: 300 }, 200);
  await time.advance(180);
  assert.ok(media.currentTime < 10);
  await time.advance(4000);
  assert.ok(Math.abs(errorMs()) < 10, `${errorMs()} ms`);
  follower.stop();
});

test('paused, the picture goes where the room is', async () => {
  const { time, media, connection, follower } = setUp();
  connection.room({ state: 'paused', position_s: 42 });
  await time.advance(1000);
  assert.equal(media.currentTime, 42);
  assert.equal(media.seeks.length, 1);
  follower.stop();
});

test('a start somewhere else goes there a moment early, so that it is on time', async () => {
  const { time, media, connection, errorMs, follower } = setUp();
  await time.advance(500);
  connection.room({ state: 'playing', position_s: 120 }, 600);
  const startMs = time.ms + 600;
  await time.advance(2500);
  assert.equal(media.seeks.length, 1);
  assert.ok(media.seeks[0].atMs < startMs - 150);
  assert.ok(Math.abs(errorMs()) < 20);
  follower.stop();
});

test('a newer command cancels one that is scheduled', async () => {
  const { time, media, connection, follower } = setUp();
  connection.room({ state: 'playing', position_s: 0 }, 500);
  await time.advance(100);
  connection.room({ state: 'paused', position_s: 0 }, 100);
  await time.advance(3000);
  assert.deepEqual(media.playCalls, []);
  follower.stop();
});

test('a slip is nudged away, with its correction told and its rate put back', async () => {
  const { time, media, connection, errorMs, follower, of } = setUp();
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(6000);
  const before = of('correction').length;
  media.stall(90);
  await time.advance(8000);
  assert.ok(Math.abs(errorMs()) < 6);
  const corrections = of('correction').slice(before).map(({ detail }) => detail);
  assert.ok(corrections.length >= 2 && corrections.every(({ kind }) => kind === 'rate'));
  assert.equal(media.playbackRate, 1);
  assert.equal(media.seeks.length, 0);
  follower.stop();
});

test('a long stall is told as buffering and mended by a seek', async () => {
  const { time, media, connection, errorMs, follower } = setUp();
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(5000);
  media.stall(3000);
  await time.advance(2000);
  assert.equal(connection.statuses.at(-1).state, 'buffering');
  await time.advance(8000);
  assert.ok(Math.abs(errorMs()) < 10, `${errorMs()} ms`);
  assert.ok(media.seeks.length >= 1 && media.seeks.length <= 2);
  assert.equal(connection.statuses.at(-1).state, 'playing');
  follower.stop();
});

test('autoplay refused: told once, not tried again, until the user clicks', async () => {
  const { time, media, connection, follower, of, errorMs } = setUp({ start: false });
  media.refuses = 'NotAllowedError';
  connection.room({ state: 'playing', position_s: 0 });
  follower.start();
  await time.advance(3000);
  assert.equal(of('blocked').length, 1);
  assert.equal(media.playCalls.length, 1);
  assert.equal(follower.blocked, true);
  assert.equal(connection.statuses.at(-1).state, 'paused');
  media.refuses = null;
  await follower.resume();
  assert.equal(of('unblocked').length, 1);
  await time.advance(5000);
  assert.ok(Math.abs(errorMs()) < 10);
  follower.stop();
});

test('a click while the room is paused unlocks the player and leaves it paused', async () => {
  const { time, media, follower } = setUp();
  await time.advance(100);
  await follower.resume();
  await time.advance(100);
  assert.equal(media.playCalls.length, 1);
  assert.equal(media.paused, true);
  follower.stop();
});

test('a play() that fails otherwise is tried again, but not all the time', async () => {
  const { time, media, connection, follower, of } = setUp();
  media.refuses = 'AbortError';
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(5000);
  assert.equal(of('blocked').length, 0);
  assert.ok(media.playCalls.length >= 3 && media.playCalls.length <= 6);
  assert.ok(media.seeks.length <= 6);
  follower.stop();
});

test('the trim shifts this member, and is not told as an error', async () => {
  const { time, connection, follower, errorMs } = setUp({ trimMs: 120 });
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(8000);
  assert.ok(Math.abs(errorMs() + 120) < 6, `${errorMs()} ms`);
  const { position_s, sampled_at_ms } = connection.statuses.at(-1);
  const { playback: now } = connection.party;
  assert.ok(Math.abs(now.position_s + (sampled_at_ms - now.at_ms) / 1000 - position_s) < 0.006);
  assert.equal(follower.skew.verdict, 'in_sync');
  follower.stop();
});

test('statuses: one a second, more on a change, always in party time', async () => {
  const { time, connection, follower } = setUp();
  await time.advance(3000);
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(10_000);
  const states = connection.statuses.map(({ state }) => state);
  assert.equal(states[0], 'paused');
  assert.equal(states.at(-1), 'playing');
  assert.ok(connection.statuses.length >= 12 && connection.statuses.length <= 18, `${connection.statuses.length}`);
  for (const { atMs, sampled_at_ms, revision } of connection.statuses) {
    assert.equal(sampled_at_ms, atMs + OFFSET_MS);
    assert.ok(revision >= 1);
  }
  follower.stop();
});

test('stopped and loaded is ready', async () => {
  const { time, connection, follower } = setUp({ start: false });
  connection.party = party({ playback: playback({ state: 'stopped' }) });
  follower.start();
  await time.advance(100);
  assert.equal(connection.statuses[0].state, 'ready');
  follower.stop();
});

test('the verdict is that of error and bound', async () => {
  const { time, media, connection, follower, of } = setUp();
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(5000);
  assert.equal(follower.skew.verdict, 'in_sync');
  assert.equal(follower.skew.boundMs, 5);
  const told = of('skew').length;
  assert.ok(told >= 15 && told <= 25, `${told}`);
  media.stall(10_000);
  await time.advance(4000);
  assert.equal(follower.skew.verdict, 'out_of_sync');
  await time.advance(15_000);
  assert.equal(follower.skew.verdict, 'in_sync');
  follower.stop();
});

test('frames are read where the browser tells of them', async () => {
  const { time, media, connection, follower, errorMs } = setUp({ media: { frames: true } });
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(5000);
  assert.ok(Math.abs(errorMs()) < 6);
  // The element's own clock lies from now on; the frames don't.
  const truth = Object.getOwnPropertyDescriptor(FakeMedia.prototype, 'currentTime');
  const request = media.requestVideoFrameCallback;
  media.requestVideoFrameCallback = (callback) => request((now, frame) => {
    callback(now, { ...frame, mediaTime: truth.get.call(media) + (frame.expectedDisplayTime - now) / 1000 });
  });
  await time.advance(100);
  Object.defineProperty(media, 'currentTime', { get: () => truth.get.call(media) + 0.3, set: truth.set });
  await time.advance(5000);
  assert.ok(Math.abs(follower.skew.errorMs) < 6, `${follower.skew.errorMs}`);
  assert.equal(media.seeks.length, 0);
  follower.stop();
});

test('seek-only: the rate is never touched', async () => {
  const { time, media, connection, errorMs, follower } = setUp({ profile: 'seek-only' });
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(5000);
  media.stall(250);
  await time.advance(10_000);
  assert.deepEqual(media.rates.filter((rate) => rate !== 1), []);
  assert.ok(Math.abs(errorMs()) < 120);
  follower.stop();
});

test('the end of the video is not played again', async () => {
  const { time, media, connection, follower } = setUp({ media: { durationS: 20 } });
  connection.party.video = { ...connection.party.video, duration_s: 20 };
  connection.room({ state: 'playing', position_s: 18 });
  await time.advance(20_000);
  assert.equal(media.paused, true);
  assert.equal(media.playCalls.length, 1);
  assert.ok(media.currentTime > 19.9);
  follower.stop();
});

test('the end of the party pauses', async () => {
  const { time, media, connection, follower } = setUp();
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(2000);
  connection.party = { ...connection.party, state: 'ended' };
  connection.dispatchEvent(new CustomEvent('ended', { detail: {} }));
  await time.advance(1000);
  assert.equal(media.paused, true);
  follower.stop();
});

test('a restored server may go back in its revisions', async () => {
  const { time, media, connection, follower } = setUp();
  connection.party = party({ revision: 50, playback: playback({ revision: 50, position_s: 90 }) });
  connection.dispatchEvent(new CustomEvent('welcome', { detail: {} }));
  await time.advance(500);
  connection.party = party({ revision: 3, playback: playback({ revision: 3, position_s: 10 }) });
  connection.dispatchEvent(new CustomEvent('welcome', { detail: {} }));
  await time.advance(500);
  assert.equal(media.currentTime, 10);
  follower.stop();
});

test('without a clock it waits; a media error is told; stop leaves nothing behind', async () => {
  const { time, media, connection, follower, of } = setUp({ start: false });
  connection.clockKnown = false;
  connection.room({ state: 'playing', position_s: 0 });
  follower.start();
  await time.advance(2000);
  assert.equal(media.playCalls.length, 0);
  connection.clockKnown = true;
  await time.advance(500);
  assert.equal(media.playCalls.length, 1);
  media.error = { code: 4, message: 'no source' };
  media.dispatchEvent(new Event('error'));
  assert.deepEqual(of('mediaerror').map(({ detail }) => detail), [{ code: 4, message: 'no source' }]);
  follower.stop();
  await time.advance(500);
  assert.equal(time.pendingTimers, 0);
  connection.room({ state: 'paused', position_s: 0 });
  assert.equal(time.pendingTimers, 0);
});
