/** From segments to the file, whatever the party does meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FED, FILM, SEGMENTS, setUp } from './film-source-setup.js';

const OTHER = 'https://party.example/media/g/v/1/film-480.mp4';

/** Lets time pass until the file is shown, or so long. */
async function until(time, holds, limitMs = 30_000) {
  for (let passedMs = 0; !holds() && passedMs < limitMs; passedMs += 20) await time.advance(20);
  assert.ok(holds(), `not within ${limitMs} ms`);
}

const moved = ({ media, seconds }) => () => media.src === FILM && seconds.every(({ removed }) => removed);

for (const state of ['playing', 'paused']) {
  test(`the file is moved to while ${state}, and one sees one place all the time`, async () => {
    const parts = await setUp();
    const { time, media, connection, source, seen, errorMs, end } = parts;
    connection.room({ state, position_s: 42 });
    await time.advance(3000);
    void source.change(FILM);
    let farthestS = 0;
    await until(time, () => {
      farthestS = Math.max(farthestS, Math.abs(seen().currentTime - media.currentTime - errorMs() / 1000));
      return moved(parts)();
    });
    assert.ok(farthestS < 0.2, `${farthestS} s`);
    await time.advance(1000);
    assert.ok(Math.abs(errorMs()) < 20, `${errorMs()} ms`);
    assert.equal(source.isFed, false);
    end();
  });
}

for (const [what, change, isPaused] of [
  ['pauses', { state: 'paused', position_s: 45 }, true],
  ['goes elsewhere', { state: 'playing', position_s: 300 }, false],
  ['gets faster', { state: 'playing', position_s: 47, rate: 1.5 }, false],
]) {
  test(`the party ${what} while the file loads under the cover: the cover does so too`, async () => {
    const slow = { loadMs: 40 };
    const parts = await setUp({ how: { loadMs: () => slow.loadMs } });
    const { time, media, connection, source, seen, end, errorMs } = parts;
    connection.room({ state: 'playing', position_s: 42 });
    await time.advance(3000);
    void source.change(FILM);
    await until(time, () => seen() !== media || !(slow.loadMs = parts.seconds[0].readyState > 0 ? 3000 : 40));
    assert.equal(media.src, FILM);
    connection.room(change);
    await time.advance(700);
    assert.notEqual(seen(), media, 'still covered');
    const wantedS = media.currentTime + errorMs() / 1000;
    assert.equal(seen().paused, isPaused);
    assert.ok(Math.abs(seen().currentTime - wantedS) < 1, `${seen().currentTime} for ${wantedS}`);
    assert.equal(seen().playbackRate, change.rate ?? 1);
    await until(time, moved(parts));
    await time.advance(5000);
    assert.ok(Math.abs(errorMs()) < 20, `${errorMs()} ms`);
    end();
  });
}

for (const state of ['playing', 'paused']) {
  test(`from one file to another while ${state} one sees one place all the time, too`, async () => {
    const parts = await setUp();
    const { time, media, connection, source, seen, seconds, errorMs, end } = parts;
    source.play(OTHER);
    connection.room({ state, position_s: 42 });
    await time.advance(3000);
    void source.change(FILM);
    assert.deepEqual([source.isMoving, media.src], [true, OTHER]);
    let [farthestS, blanks] = [0, 0];
    await until(time, () => {
      blanks += seen().readyState < 2 ? 1 : 0;
      farthestS = Math.max(farthestS, Math.abs(seen().currentTime - media.currentTime - errorMs() / 1000));
      return moved({ media, seconds })();
    });
    assert.equal(blanks, 0, 'the picture was gone');
    assert.ok(farthestS < 0.2, `${farthestS} s`);
    await time.advance(1000);
    assert.ok(Math.abs(errorMs()) < 20, `${errorMs()} ms`);
    assert.deepEqual([source.url, source.isMoving], [FILM, false]);
    end();
  });
}

// As WebKitGTK does now and then.
test('a picture that moves is covered, though its element says that the next frame is missing', async () => {
  const parts = await setUp();
  const { time, media, connection, source, end } = parts;
  source.play(OTHER);
  connection.room({ state: 'playing', position_s: 42 });
  await time.advance(3000);
  const { readyState } = media;
  media.readyState = 2;
  void source.change(FILM);
  media.readyState = readyState;
  assert.deepEqual([source.isMoving, media.src], [true, OTHER]);
  await until(time, moved(parts));
  assert.equal(media.src, FILM);
  end();
});

test('a picture that stands still for a moment is covered where what comes next is loaded', async () => {
  const { time, media, connection, source, end } = await setUp({ files: { [OTHER]: { readyS: 45 } } });
  source.play(OTHER);
  connection.room({ state: 'playing', position_s: 42 });
  await until(time, () => {
    media.look();
    return media.readyState === 2;
  });
  await time.advance(500);
  assert.deepEqual([media.readyState, media.seeking], [2, false]);
  Object.defineProperty(media, 'buffered', { get: () => ({ length: 1, start: () => 0, end: () => 60 }) });
  void source.change(FILM);
  assert.deepEqual([source.isMoving, media.src], [true, OTHER]);
  end();
});

test('a file that the network does not carry gives way to another at once', async () => {
  const { time, media, connection, source, seconds, end } = await setUp({ files: { [OTHER]: { readyS: 45 } } });
  source.play(OTHER);
  connection.room({ state: 'playing', position_s: 42 });
  await time.advance(6000);
  media.look();
  void source.change(FILM);
  assert.deepEqual([media.src, seconds.length], [FILM, 0]);
  end();
});

test('what fails while another file is on its way is loaded from that one', async () => {
  const { time, media, connection, source, end, errorMs } = await setUp({ how: { loadMs: () => 400 } });
  source.play(OTHER);
  connection.room({ state: 'playing', position_s: 42 });
  await time.advance(3000);
  void source.change(FILM);
  await time.advance(100);
  media.fail(2);
  source.retry(FILM);
  await time.advance(4000);
  assert.deepEqual([media.src, source.isMoving], [FILM, false]);
  assert.ok(Math.abs(errorMs()) < 20, `${errorMs()} ms`);
  end();
});

/** Moves until the cover is there; under it the file takes `loadMs`. */
async function covered({ loadMs = 3000, ...how } = {}) {
  const slow = { loadMs: 40 };
  const parts = await setUp({ ...how, how: { loadMs: () => slow.loadMs } });
  const { time, media, connection, source, seen } = parts;
  connection.room({ state: 'playing', position_s: 42 });
  await time.advance(3000);
  void source.change(FILM);
  await until(time, () => seen() !== media || !(slow.loadMs = parts.seconds[0].readyState > 0 ? loadMs : 40));
  return { ...parts, slow, cover: seen() };
}

test('who pauses alone, or turns the sound down, does so to what covers the picture', async () => {
  const parts = await covered();
  const { time, media, follower, cover, end } = parts;
  assert.deepEqual([cover.muted, cover.volume], [false, 0.7]);
  media.volume = 0.2;
  await time.advance(200);
  assert.equal(cover.volume, 0.2);
  media.muted = true;
  follower.detach();
  const stood = follower.wanted.positionS;
  await time.advance(300);
  assert.deepEqual([cover.muted, cover.paused], [true, true]);
  await until(time, moved(parts));
  assert.deepEqual([media.paused, follower.detached], [true, true]);
  assert.ok(Math.abs(media.currentTime - stood) < 0.2, `${media.currentTime} for ${stood}`);
  end();
});

test('where the browser wants a click after the move nothing goes on under the request for it', async () => {
  const parts = await covered({ loadMs: 200 });
  const { time, media, follower, connection, cover, end, errorMs } = parts;
  media.refuses = 'NotAllowedError';
  await until(time, () => follower.blocked);
  await time.advance(200);
  assert.equal(cover.removed, true);
  connection.room({ state: 'playing', position_s: 100 });
  await time.advance(1000);
  media.refuses = null;
  void follower.resume();
  await time.advance(3000);
  assert.ok(Math.abs(errorMs()) < 20, `${errorMs()} ms`);
  end();
});

test('a file that can not be loaded does not stand in the way of another, nor of the same one later', async () => {
  const parts = await setUp({ files: { [FILM]: { error: 4 }, [OTHER]: { error: 4 } } });
  const { time, media, connection, source, end } = parts;
  connection.room({ state: 'playing', position_s: 42 });
  await time.advance(2000);
  void source.change(FILM);
  await time.advance(10);
  void source.change(OTHER);
  await time.advance(5000);
  assert.deepEqual([source.url, source.isFed, media.src], [SEGMENTS, true, FED], 'it plays on from where it did');
  media.sources[FILM] = {};
  void source.change(FILM);
  await until(time, moved(parts));
  const loads = media.loads.length;
  await time.advance(60_000);
  assert.equal(media.loads.length, loads, 'and what was to be tried again is forgotten');
  end();
});

test('a choice that is taken back leaves the segments as they are', async () => {
  const { time, media, connection, source, seconds, feeders, end } = await setUp();
  connection.room({ state: 'playing', position_s: 42 });
  await time.advance(2000);
  void source.change(FILM);
  await time.advance(10);
  await source.change(SEGMENTS);
  await time.advance(40_000);
  assert.deepEqual([media.loads.length, feeders.length, feeders[0].isStopped, seconds[0].removed], [1, 1, false, true]);
  assert.equal(source.url, SEGMENTS);
  end();
});

test('who waits at a place without segments is not kept waiting once there is a file', async () => {
  const parts = await setUp({ readyS: 60 });
  const { time, media, connection, source, end, errorMs } = parts;
  connection.room({ state: 'playing', position_s: 42 });
  await time.advance(2000);
  void source.change(FILM);
  await time.advance(100);
  connection.room({ state: 'playing', position_s: 300 });
  await until(time, () => media.src === FILM, 10_000);
  await time.advance(3000);
  assert.ok(Math.abs(errorMs()) < 20, `${errorMs()} ms`);
  end();
});

test('another film in the midst of a move: nothing of the one before comes after it', async () => {
  for (const loadMs of [40, 3000]) {
    const parts = await covered({ loadMs });
    const { time, media, source, seconds, end } = parts;
    source.play(OTHER);
    await time.advance(60_000);
    assert.deepEqual([media.src, source.url, source.isFed], [OTHER, OTHER, false]);
    assert.ok(seconds.every(({ removed }) => removed));
    end();
  }
});

test('what failed is loaded from the address that the film has by now', async () => {
  const parts = await covered({ loadMs: 40 });
  const { time, media, source, connection, end, errorMs } = parts;
  await until(time, moved(parts));
  media.fail(2);
  await time.advance(100);
  source.retry(OTHER);
  await time.advance(3000);
  assert.equal(media.src, OTHER);
  assert.ok(Math.abs(errorMs()) < 20, `${errorMs()} ms`);
  media.fail(2);
  await time.advance(100);
  connection.room({ state: 'paused', position_s: 77 });
  source.retry(OTHER);
  await time.advance(3000);
  assert.deepEqual([media.currentTime, media.paused, media.loads.at(-1)], [77, true, OTHER]);
  end();
});

test('the cover stays until the picture below it has drawn a frame', async () => {
  const parts = await setUp();
  const { time, media, connection, source, seen, end } = parts;
  connection.room({ state: 'playing', position_s: 42 });
  await time.advance(3000);
  const waiting = [];
  media.requestVideoFrameCallback = (act) => waiting.push(act);
  void source.change(FILM);
  await until(time, () => media.src === FILM);
  await time.advance(3000);
  assert.notEqual(seen(), media);
  for (const act of waiting) act(time.ms, { mediaTime: media.currentTime, expectedDisplayTime: time.ms });
  await until(time, moved(parts), 1000);
  end();
});
