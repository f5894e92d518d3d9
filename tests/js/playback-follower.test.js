import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OFFSET_MS, party, playback } from './fake-party.js';
import { setUp } from './follower-setup.js';

test('a scheduled start: play() is called before it, and not long before', async () => {
  const { time, media, connection, errorMs, follower } = setUp();
  connection.room({ state: 'playing', position_s: 0 }, 200);
  await time.advance(100);
  assert.equal(media.paused, true);
  await time.advance(50);
  assert.equal(media.paused, false);
  // The first start of a player takes longer than those after it.
  assert.ok(media.playCalls[0] >= 1000 + 105 && media.playCalls[0] <= 1000 + 140, `${media.playCalls[0]}`);
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
  follower.stop();
});

test('a start is early by as much as the picture waits behind its place', async () => {
  const { time, media, connection, follower } = setUp({ media: { startMs: 30 } });
  for (const restS of [0.025, -0.025]) {
    connection.room({ state: 'playing', position_s: media.currentTime });
    await time.advance(3000);
    connection.room({ state: 'paused', position_s: media.currentTime });
    await time.advance(1000);
    const startS = media.currentTime + restS;
    connection.room({ state: 'playing', position_s: startS }, 500);
    const dueMs = time.ms + 500 - 30 - restS * 1000;
    await time.advance(1000);
    assert.ok(Math.abs(media.playCalls.at(-1) - dueMs) < 12, `${media.playCalls.at(-1) - dueMs} ms`);
  }
  follower.stop();
});

test('a small nudge bends the pitch, which costs nothing; a large one keeps it', async () => {
  const { time, media, connection, follower } = setUp({ media: { startMs: 30 } });
  const pitches = [];
  follower.addEventListener('correction', ({ detail }) => pitches.push([Math.abs(detail.rate - 1) <= 0.0201, media.preservesPitch]));
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(5000);
  for (const slipMs of [15, 250]) {
    pitches.length = 0;
    media.stall(slipMs);
    await time.advance(8000);
    assert.ok(pitches.length > 0);
    for (const [quiet, preserved] of pitches) assert.equal(preserved, !quiet);
    assert.equal(pitches.some(([quiet]) => !quiet), slipMs === 250);
  }
  connection.room({ state: 'playing', position_s: media.currentTime, rate: 1.5 });
  await time.advance(1000);
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

test('a pause and a play within one lead: it pauses and goes on with the room, and never jumps', async () => {
  const { time, media, connection, errorMs, follower } = setUp({ media: { startMs: 90 } });
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(5000);
  const pauseS = 5.61;
  connection.room({ state: 'paused', position_s: pauseS }, 610);
  await time.advance(400);
  connection.room({ state: 'playing', position_s: pauseS }, 610);
  await time.advance(205);
  assert.equal(media.paused, false);
  await time.advance(200);
  assert.ok(media.paused && Math.abs(media.currentTime - pauseS) < 0.031, `${media.currentTime}`);
  await time.advance(2000);
  assert.ok(!media.paused && Math.abs(errorMs()) < 20, `${errorMs()} ms`);
  assert.deepEqual(media.seeks, []);
  follower.stop();
});

test('a play and a pause within one lead: it moves as long as the room', async () => {
  const { time, media, connection, follower } = setUp({ media: { startMs: 90 } });
  connection.room({ state: 'playing', position_s: 0 }, 610);
  await time.advance(400);
  connection.room({ state: 'paused', position_s: 0.4 }, 610);
  await time.advance(500);
  assert.ok(media.currentTime > 0.1);
  await time.advance(1000);
  assert.ok(media.paused && Math.abs(media.currentTime - 0.4) < 0.031, `${media.currentTime}`);
  // Only once it rests: to the very place where all of them stand.
  assert.deepEqual(media.seeks.map(({ positionS }) => positionS), [0.4]);
  follower.stop();
});

test('two seeks within one lead: it ends where the second goes, in step', async () => {
  const { time, media, connection, errorMs, follower } = setUp();
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(5000);
  connection.room({ state: 'playing', position_s: 300 }, 400);
  await time.advance(150);
  connection.room({ state: 'playing', position_s: 100 }, 400);
  await time.advance(2500);
  assert.ok(Math.abs(errorMs()) < 20, `${errorMs()} ms`);
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

test('a slip is nudged away; the correction is dispatched, the rate restored', async () => {
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

test('the trim shifts this member, and is not reported as an error', async () => {
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
  const skews = of('skew').length;
  assert.ok(skews >= 15 && skews <= 25, `${skews}`);
  media.stall(10_000);
  await time.advance(4000);
  assert.equal(follower.skew.verdict, 'out_of_sync');
  await time.advance(15_000);
  assert.equal(follower.skew.verdict, 'in_sync');
  follower.stop();
});
