/** A film whose server has no byte ranges: no endless loop of seeks, and it is said in words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUp as setUpFollower } from './follower-setup.js';

function setUp(media) {
  const parts = setUpFollower({ media });
  const told = [];
  parts.follower.addEventListener('unseekable', () => told.push(parts.time.ms));
  return { ...parts, told };
}

test('every seek ends at the start: after two none is tried, and it plays on from where it is', async () => {
  const { time, media, connection, follower, told } = setUp({ seekableS: 0 });
  connection.room({ state: 'playing', position_s: 300 });
  await time.advance(50_000);
  assert.ok(media.seeks.length <= 3, `${media.seeks.length} seeks`);
  assert.equal(told.length, 1);
  assert.ok(!media.paused && media.currentTime > 30, `${media.currentTime}`);
  assert.equal(follower.skew.verdict, 'out_of_sync');
  await time.advance(120_000);
  assert.ok(media.seeks.length <= 6, 'tried again each minute at most');
  assert.equal(told.length, 1, 'and told once');
  follower.stop();
});

test('a browser that says so beforehand is believed: not one seek', async () => {
  const { time, media, connection, follower, told } = setUp({ seekableS: 0, ranges: [[0, 0]] });
  connection.room({ state: 'playing', position_s: 300 });
  await time.advance(20_000);
  assert.deepEqual(media.seeks, []);
  assert.equal(told.length, 1);
  assert.equal(media.paused, false);
  connection.room({ state: 'paused', position_s: 400 });
  await time.advance(5000);
  assert.ok(media.paused);
  assert.deepEqual(media.seeks, []);
  follower.stop();
});

test('what the browser can reach is sought as ever', async () => {
  const { time, media, connection, errorMs, follower, told } = setUp({ ranges: [[0, 600]] });
  connection.room({ state: 'playing', position_s: 300 });
  await time.advance(5000);
  assert.ok(Math.abs(errorMs()) < 20);
  assert.ok(media.seeks.length >= 1);
  assert.deepEqual(told, []);
  follower.stop();
});

test('another film is another matter', async () => {
  const { time, media, connection, follower, told } = setUp({ seekableS: 0 });
  connection.room({ state: 'playing', position_s: 300 });
  await time.advance(20_000);
  media.seekableS = 600;
  media.dispatchEvent(new Event('emptied'));
  connection.room({ state: 'playing', position_s: 200 });
  await time.advance(6000);
  assert.ok(media.currentTime > 200, `${media.currentTime}`);
  assert.equal(told.length, 1);
  follower.stop();
});
