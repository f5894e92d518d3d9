/** A member's own pause: asked for or noticed, the party plays on, and the return catches up. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { OwnPause } from '../../partyapp/web/static/party-client/own-pause.js';
import { setUp } from './follower-setup.js';

/** A follower that plays, and which of both events it dispatched. */
async function playing() {
  const all = setUp();
  const heard = [];
  for (const type of ['detached', 'attached']) all.follower.addEventListener(type, () => heard.push(type));
  all.connection.room({ state: 'playing', position_s: 0 });
  await all.time.advance(3000);
  return { ...all, heard };
}

test('a pause for oneself holds the picture, is told to the others, and the return catches up', async () => {
  const { time, media, connection, follower, errorMs, heard } = await playing();
  follower.detach();
  const heldS = media.currentTime;
  await time.advance(20_000);
  assert.equal(media.paused, true);
  assert.equal(media.currentTime, heldS);
  assert.equal(follower.detached, true);
  assert.equal(connection.statuses.at(-1).state, 'paused');
  assert.ok(Math.abs(connection.statuses.at(-1).position_s - heldS) < 0.01);

  await follower.attach();
  await time.advance(5000);
  assert.ok(Math.abs(errorMs()) < 10, `${errorMs()} ms`);
  assert.equal(connection.statuses.at(-1).state, 'playing');
  assert.deepEqual(heard, ['detached', 'attached']);
  follower.stop();
});

test('what the party does meanwhile does not move the picture', async () => {
  const { time, media, connection, follower, errorMs } = await playing();
  follower.detach();
  const heldS = media.currentTime;
  connection.room({ state: 'playing', position_s: 200 });
  await time.advance(1000);
  connection.room({ state: 'paused', position_s: 300 });
  await time.advance(1000);
  assert.equal(media.currentTime, heldS);
  assert.equal(media.paused, true);
  await follower.attach();
  await time.advance(1000);
  assert.ok(Math.abs(errorMs()) < 30);
  assert.equal(media.paused, true);
  follower.stop();
});

test("a pause by the player's own controls or a headset is a pause for oneself", async () => {
  const { time, media, follower, errorMs, heard } = await playing();
  media.pause();
  media.dispatchEvent(new Event('pause'));
  const calls = media.playCalls.length;
  await time.advance(10_000);
  assert.equal(media.playCalls.length, calls);
  assert.deepEqual(heard, ['detached']);

  void media.play();
  await time.advance(5000);
  assert.deepEqual(heard, ['detached', 'attached']);
  assert.ok(Math.abs(errorMs()) < 10, `${errorMs()} ms`);
  follower.stop();
});

test('such a pause that no event has told of yet is not undone either', async () => {
  const { time, media, follower } = await playing();
  media.pause();
  await time.advance(2000);
  assert.equal(media.paused, true);
  assert.equal(follower.detached, true);
  follower.stop();
});

test('a hidden page that the system pauses catches up when it is seen again', async () => {
  const { time, media, follower, errorMs, documentTarget } = await playing();
  documentTarget.visibilityState = 'hidden';
  media.pause();
  media.dispatchEvent(new Event('pause'));
  await time.advance(10_000);
  assert.equal(follower.detached, true);
  documentTarget.visibilityState = 'visible';
  documentTarget.dispatchEvent(new Event('visibilitychange'));
  await time.advance(5000);
  assert.equal(follower.detached, false);
  assert.ok(Math.abs(errorMs()) < 10, `${errorMs()} ms`);
  follower.stop();
});

test("a pause with the room's, or before a reload, is nobody's wish to stay away", async () => {
  const { time, media, connection, follower, errorMs } = await playing();
  connection.room({ state: 'paused', position_s: 5 });
  media.pause();
  await time.advance(1000);
  connection.room({ state: 'playing', position_s: 5 });
  await time.advance(3000);
  assert.equal(follower.detached, false);

  media.pause();
  media.readyState = 0;
  media.dispatchEvent(new Event('emptied'));
  await time.advance(500);
  media.readyState = 4;
  await time.advance(5000);
  assert.equal(follower.detached, false);
  assert.ok(Math.abs(errorMs()) < 10, `${errorMs()} ms`);
  follower.stop();
});

test('what is found after a sleep of the page, the system did', () => {
  const heard = [];
  const pause = new OwnPause((on) => heard.push(on));
  const found = { pausedByOthers: false, moving: true, hidden: false };
  pause.look({ ...found, nowMs: 0 });
  pause.look({ ...found, pausedByOthers: true, moving: false, nowMs: 60_000 });
  assert.deepEqual(heard, []);
  pause.look({ ...found, nowMs: 60_050 });
  pause.look({ ...found, pausedByOthers: true, moving: false, nowMs: 60_100 });
  assert.deepEqual(heard, [true]);
});
