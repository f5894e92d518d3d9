import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeMedia } from './fake-media.js';
import { party, playback } from './fake-party.js';
import { setUp } from './follower-setup.js';

test('a long stall is reported as buffering and corrected by a seek', async () => {
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

test('a room at rest hears of who has no picture yet of the place where it stands', async () => {
  const { time, media, connection, follower } = setUp({ media: { seekMs: 4000 } });
  const last = () => connection.statuses.at(-1);
  for (const held of [null, { reason: 'members', for: [], since_ms: 0, until_ms: 0 }]) {
    connection.room({ state: 'paused', position_s: held ? 200 : 100, held });
    await time.advance(2000);
    assert.ok(media.seeking && Math.abs(media.currentTime - last().position_s) < 0.1, 'it says that it is there');
    assert.equal(last().state, 'buffering');
    await time.advance(6000);
    assert.equal(last().state, 'paused');
  }
  follower.stop();
});

test('who loads nothing until the page is pressed is not ready at the beginning of the film', async () => {
  const { time, media, connection, follower } = setUp({ start: false });
  Object.assign(media, { readyState: 0, networkState: 1 });
  follower.start();
  for (const state of ['stopped', 'paused']) {
    connection.room({ state, position_s: 0 });
    await time.advance(2000);
    assert.equal(connection.statuses.at(-1).state, 'buffering', state);
  }
  // The room that plays doesn't wait for a press.
  media.refuses = 'NotAllowedError';
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(2000);
  assert.equal(connection.statuses.at(-1).state, 'paused');
  follower.stop();
});

test('autoplay refused: dispatched once, not tried again until the user clicks', async () => {
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

for (const frameMs of [40, 110]) {
  test(`frames are read where the browser reports them, one each ${frameMs} ms`, async () => {
    const { time, media, connection, follower, errorMs } = setUp({ media: { frameMs } });
    connection.room({ state: 'playing', position_s: 0 });
    await time.advance(5000);
    assert.ok(Math.abs(errorMs()) < 6);
    // The element's own clock is wrong from now on; the frames are not.
    const original = Object.getOwnPropertyDescriptor(FakeMedia.prototype, 'currentTime');
    const request = media.requestVideoFrameCallback;
    media.requestVideoFrameCallback = (callback) => request((now, frame) => {
      callback(now, { ...frame, mediaTime: original.get.call(media) + (frame.expectedDisplayTime - now) / 1000 });
    });
    await time.advance(200);
    const wrong = { get: () => original.get.call(media) + 0.03, set: original.set, configurable: true };
    Object.defineProperty(media, 'currentTime', wrong);
    await time.advance(5000);
    delete media.currentTime;
    assert.ok(Math.abs(errorMs()) < 6, `${errorMs()}`);
    assert.equal(media.seeks.length, 0);
    follower.stop();
  });
}

test('a position the media can not reach is sought once', async () => {
  const { time, media, connection, follower } = setUp({ media: { seekableS: 10 } });
  connection.room({ state: 'paused', position_s: 42 });
  await time.advance(10_000);
  assert.equal(media.seeks.length, 1);
  follower.stop();
});

test('a file that is shorter than the catalogue says is not played again at its end', async () => {
  const { time, media, connection, follower } = setUp({ media: { durationS: 20 } });
  connection.room({ state: 'playing', position_s: 18 });
  await time.advance(10_000);
  assert.equal(media.playCalls.length, 1);
  assert.ok(media.seeks.length <= 2, JSON.stringify(media.seeks));
  assert.equal(media.paused, true);
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

test('without a clock it waits; a media error is dispatched; stop leaves no timer behind', async () => {
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

test('a picture that stands still after a seek, though it claims to play, is sought again', async () => {
  const { time, media, connection, follower, errorMs } = setUp();
  connection.room({ state: 'playing', position_s: 60 });
  await time.advance(media.seekMs + media.startMs + 20);
  assert.equal(media.seeks.length, 1);
  media.freeze();
  await time.advance(10_000);
  assert.ok(Math.abs(errorMs()) < 10, `${errorMs()} ms`);
  assert.ok(media.seeks.length <= 4);
  follower.stop();
});

test('a picture that stands still in mid-film, though it claims to play, is sought', async () => {
  const { time, media, connection, follower, errorMs } = setUp();
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(8000);
  media.freeze();
  await time.advance(10_000);
  assert.ok(Math.abs(errorMs()) < 10, `${errorMs()} ms`);
  follower.stop();
});

test('nothing is sought nor begun while the metadata is on its way', async () => {
  const { time, media, connection, follower, errorMs } = setUp({ start: false });
  Object.assign(media, { readyState: 0, networkState: 2 });
  connection.room({ state: 'playing', position_s: 60 });
  follower.start();
  await time.advance(1000);
  assert.deepEqual([media.seeks.length, media.playCalls.length], [0, 0]);
  media.readyState = 4;
  media.dispatchEvent(new Event('loadedmetadata'));
  await time.advance(5000);
  assert.ok(Math.abs(errorMs()) < 10, `${errorMs()} ms`);
  follower.stop();
});

for (const networkState of [1, 2]) {
  test(`a browser that loads nothing before it plays (network state ${networkState}) is asked to play`, async () => {
    const { time, media, connection, follower, errorMs } = setUp({ start: false });
    Object.assign(media, { readyState: 0, networkState });
    connection.room({ state: 'playing', position_s: 60 });
    follower.start();
    await time.advance(4000);
    assert.equal(media.seeks.length, 0);
    assert.ok(media.playCalls.length >= 1);
    media.readyState = 4;
    media.dispatchEvent(new Event('loadedmetadata'));
    await time.advance(5000);
    assert.ok(Math.abs(errorMs()) < 10, `${errorMs()} ms`);
    follower.stop();
  });
}

test('a picture that moves is followed, though the player says that it waits for data', async () => {
  const { time, media, connection, follower, errorMs } = setUp();
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(5000);
  media.readyState = 2;
  media.dispatchEvent(new Event('waiting'));
  connection.room({ state: 'playing', position_s: 120 });
  await time.advance(5000);
  assert.ok(Math.abs(errorMs()) < 10, `${errorMs()} ms`);
  assert.equal(connection.statuses.at(-1).state, 'playing');
  follower.stop();
});
