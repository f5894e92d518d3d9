/** All members show the same frame: at rest by their place, playing by readings that can be right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { middleOfFrame } from '../../partyapp/web/static/party-client/frame-place.js';
import { MediaStarter } from '../../partyapp/web/static/party-client/media-starter.js';
import { setUp } from './follower-setup.js';

for (const [name, rate] of [['25', 25], ['29.97', 30000 / 1001], ['23.976', 24000 / 1001], ['60', 60]]) {
  test(`the place of each frame at ${name} a second shows it, however an engine rounds`, () => {
    for (let frame = 1; frame < 3000; frame += 1) {
      for (const positionS of [frame / rate, (frame + 0.4) / rate, Math.round((frame / rate) * 1e6 + 0.5) / 1e6]) {
        const placeS = Math.floor(middleOfFrame(positionS, rate) * 1e3) / 1e3;
        assert.equal(Math.floor(placeS * rate), frame, `${positionS}`);
      }
    }
  });
}

test('without a frame rate the place is the position, and the first frame is shown at the beginning', () => {
  assert.equal(middleOfFrame(12.3456, null), 12.3456);
  assert.equal(middleOfFrame(0.01, 25), 0);
});

test('after a pause the picture goes to the very place, though it is near, so that all show the same frame', async () => {
  for (const [frameRate, placeS] of [[null, 5.21], [25, 5.22]]) {
    const { time, media, connection, follower } = setUp();
    connection.party = { ...connection.party, video: { ...connection.party.video, frame_rate: frameRate } };
    connection.room({ state: 'playing', position_s: 0 });
    await time.advance(5000);
    connection.room({ state: 'paused', position_s: 5.21 }, 210);
    await time.advance(3000);
    assert.deepEqual(media.seeks.map(({ positionS }) => positionS), [placeS]);
    assert.ok(Math.abs(media.currentTime - placeS) < 1e-9);
    follower.stop();
  }
});

test('on the way to a scheduled start a picture that is near stays where it is', async () => {
  const { time, media, connection, follower } = setUp();
  connection.room({ state: 'playing', position_s: 0 });
  await time.advance(5000);
  connection.room({ state: 'paused', position_s: 5.11 }, 110);
  await time.advance(50);
  connection.room({ state: 'playing', position_s: 5.11 }, 400);
  await time.advance(3000);
  assert.deepEqual(media.seeks, []);
  follower.stop();
});

test('a player whose frames claim to be ahead of it is followed by its own position', async () => {
  for (const aheadS of [0.08, 0]) {
    const { time, media, connection, follower, errorMs } = setUp({ media: { frameMs: 40, aheadS } });
    connection.room({ state: 'playing', position_s: 0 });
    await time.advance(10_000);
    assert.ok(Math.abs(errorMs()) < 10, `${aheadS} s ahead: ${errorMs()} ms`);
    follower.stop();
  }
});

test('a play() that is never answered is called again', async () => {
  let nowMs = 1000;
  let calls = 0;
  const media = { currentTime: 0, play: () => ((calls += 1), new Promise(() => {})), pause: () => {} };
  const starter = new MediaStarter({ media, now: () => nowMs, onBlocked: () => {}, onUnblocked: () => {} });
  void starter.play();
  nowMs += 4000;
  void starter.play();
  assert.equal(calls, 1);
  nowMs += 1500;
  void starter.play();
  assert.equal(calls, 2);
});
