/** A follower whose element gets another source: nothing that the party wants is lost over it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUp as setUpFollower } from './follower-setup.js';
import { SourcedMedia } from './sourced-media.js';

const [SEGMENTS, FILM] = ['blob:segments', 'https://party.test/film.mp4'];

async function setUp({ how, sources = {}, ...options } = {}) {
  const parts = setUpFollower({ ...options, element: (time) => new SourcedMedia(time, how) });
  parts.media.sources = sources;
  parts.media.src = SEGMENTS;
  await parts.time.advance(1000);
  return parts;
}

/** The page does nothing for so long: what comes meanwhile is dealt with first, then its timers. */
function busy(time, forMs) {
  time.ms += forMs;
}

test('paused, another source is brought to the place of the one before', async () => {
  const { time, media, connection, follower } = await setUp();
  connection.room({ state: 'paused', position_s: 42 });
  await time.advance(1000);
  assert.equal(media.currentTime, 42);
  media.src = FILM;
  await time.advance(2000);
  assert.equal(media.currentTime, 42);
  media.load();
  await time.advance(2000);
  assert.equal(media.currentTime, 42, 'also where it is loaded again');
  follower.stop();
});

for (const [what, taskMs, busyMs] of [['page', 1, 500], ["element's events", 700, 0]]) {
  test(`a source that is loaded while the ${what} lag(s) behind is no pause of somebody else`, async () => {
    const how = { taskMs: 1 };
    const { time, media, connection, follower, errorMs } = await setUp({ how: { taskMs: () => how.taskMs } });
    connection.room({ state: 'playing', position_s: 10 });
    await time.advance(3000);
    how.taskMs = taskMs;
    media.src = FILM;
    busy(time, busyMs);
    await time.advance(1000);
    how.taskMs = 1;
    assert.equal(follower.detached, false);
    connection.room({ state: 'playing', position_s: 200 });
    await time.advance(5000);
    assert.ok(Math.abs(errorMs()) < 20, `${errorMs()} ms`);
    follower.stop();
  });
}

test('paused at a place of which nothing is there yet, it goes elsewhere when the party does', async () => {
  const { time, media, connection, follower } = await setUp({ sources: { [SEGMENTS]: { readyS: 100 } } });
  connection.room({ state: 'paused', position_s: 400 });
  await time.advance(2000);
  assert.equal(media.seeking, true);
  connection.room({ state: 'paused', position_s: 50 });
  await time.advance(2000);
  assert.deepEqual([media.currentTime, media.seeking], [50, false]);
  follower.stop();
});

test('playing at a place of which nothing is there yet, it goes elsewhere when the party does', async () => {
  const { time, media, connection, follower, errorMs } = await setUp({ sources: { [SEGMENTS]: { readyS: 100 } } });
  connection.room({ state: 'playing', position_s: 10 });
  await time.advance(2000);
  connection.room({ state: 'playing', position_s: 400 });
  await time.advance(5000);
  assert.equal(media.seeking, true);
  const waitingSeeks = media.seeks.length;
  await time.advance(5000);
  assert.equal(media.seeks.length, waitingSeeks, 'what waits for data is left alone');
  connection.room({ state: 'playing', position_s: 50 });
  await time.advance(3000);
  assert.ok(Math.abs(errorMs()) < 20, `${errorMs()} ms`);
  follower.stop();
});

test('paused at its own wish, another source is brought to where it stood', async () => {
  const { time, media, connection, follower, errorMs } = await setUp();
  connection.room({ state: 'playing', position_s: 30 });
  await time.advance(3000);
  follower.detach();
  await time.advance(500);
  const stood = media.currentTime;
  media.src = FILM;
  await time.advance(3000);
  assert.equal(media.currentTime, stood);
  assert.deepEqual([media.paused, follower.detached], [true, true]);
  assert.deepEqual([follower.wanted.positionS, follower.wanted.isPlaying], [stood, false]);
  await follower.attach();
  await time.advance(4000);
  assert.ok(Math.abs(errorMs()) < 20, `${errorMs()} ms`);
  const own = media.currentTime;
  media.src = SEGMENTS;
  await time.advance(4000);
  assert.ok(media.currentTime > own, 'what it stood at alone counts no more');
  follower.stop();
});

test('however often it was sought before, another source is sought at once', async () => {
  const slow = { loadMs: 40 };
  const { time, media, connection, follower, errorMs } = await setUp({ how: { loadMs: () => slow.loadMs } });
  connection.room({ state: 'playing', position_s: 10 });
  await time.advance(3000);
  for (let times = 0; times < 9; times += 1) {
    // Each of these is mended by a seek, and the pauses between those that don't help double, up to a minute.
    media.currentTime = 300;
    await time.advance(3500);
  }
  slow.loadMs = 3000; // longer than the start waits for the metadata, so that it begins to play where that is
  media.src = FILM;
  await time.advance(9500);
  assert.ok(Math.abs(errorMs()) < 50, `${errorMs()} ms`);
  follower.stop();
});

test('a page that hears of the end of a seek late has not missed its aim', async () => {
  const late = { taskMs: 1 };
  const { time, connection, follower, errorMs } = await setUp({ how: { taskMs: () => late.taskMs } });
  const told = [];
  follower.addEventListener('unseekable', () => told.push(true));
  for (const position_s of [100, 200, 300]) {
    late.taskMs = 4000;
    connection.room({ state: 'playing', position_s });
    await time.advance(400);
    late.taskMs = 1;
    await time.advance(5000);
  }
  assert.deepEqual(told, []);
  connection.room({ state: 'playing', position_s: 50 });
  await time.advance(4000);
  assert.ok(Math.abs(errorMs()) < 20, `${errorMs()} ms`);
  follower.stop();
});

test('paused at a place that the browser can not reach yet, it goes there as soon as it can', async () => {
  const { time, media, connection, follower } = await setUp();
  let endS = 20;
  Object.defineProperty(media, 'seekable', { get: () => ({ length: 1, start: () => 0, end: () => endS }) });
  connection.room({ state: 'paused', position_s: 90 });
  await time.advance(3000);
  assert.equal(media.currentTime, 0);
  endS = 100;
  await time.advance(1000);
  assert.equal(media.currentTime, 90);
  follower.stop();
});

test('from its end it goes back a little, and not to its start', async () => {
  const { time, media, connection, follower } = await setUp({ sources: { [FILM]: { durationS: 20 } } });
  media.src = FILM;
  await time.advance(500);
  connection.room({ state: 'paused', position_s: 25 });
  await time.advance(1000);
  assert.equal(media.ended, true);
  connection.room({ state: 'playing', position_s: 19.86 });
  await time.advance(40);
  assert.ok(media.currentTime > 19, `${media.currentTime}`);
  follower.stop();
});

test('a seek that the browser has lost is made again, ever more seldom', async () => {
  const lost = { seekMs: 80 };
  const { time, media, connection, follower } = await setUp({ how: { seekMs: () => lost.seekMs } });
  Object.defineProperty(media, 'buffered', { get: () => ({ length: 1, start: () => 0, end: () => 600 }) });
  lost.seekMs = 1e9;
  connection.room({ state: 'paused', position_s: 90 });
  await time.advance(60_000);
  assert.ok(media.seeks.length >= 3 && media.seeks.length <= 4, `${media.seeks.length} seeks`);
  lost.seekMs = 80;
  await time.advance(60_000);
  assert.deepEqual([media.currentTime, media.seeking], [90, false]);
  follower.stop();
});

test('a click after a long refusal catches up at once', async () => {
  const { time, media, connection, follower, errorMs } = await setUp();
  connection.room({ state: 'playing', position_s: 10 });
  await time.advance(3000);
  for (let times = 0; times < 9; times += 1) {
    media.currentTime = 300;
    await time.advance(3500);
  }
  connection.room({ state: 'paused', position_s: 20 });
  await time.advance(1000);
  media.refuses = 'NotAllowedError';
  connection.room({ state: 'playing', position_s: 20 });
  await time.advance(8000);
  assert.equal(follower.blocked, true);
  media.refuses = null;
  void follower.resume();
  await time.advance(3000);
  assert.ok(Math.abs(errorMs()) < 50, `${errorMs()} ms`);
  follower.stop();
});

test('a look that fails is not the last', async () => {
  const { time, media, connection, follower, errorMs } = await setUp();
  connection.room({ state: 'playing', position_s: 10 });
  await time.advance(2000);
  const pause = media.pause.bind(media);
  media.pause = () => {
    media.pause = pause;
    throw new Error('a browser of its own kind');
  };
  connection.room({ state: 'paused', position_s: 50 }, 200);
  await assert.rejects(time.advance(300));
  await time.advance(1000);
  assert.equal(media.currentTime, 50);
  assert.ok(Math.abs(errorMs()) < 1);
  follower.stop();
});
