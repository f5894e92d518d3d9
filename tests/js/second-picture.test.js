/** A second picture that covers the first while that changes its address. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecondPicture } from '../../partyapp/web/static/party-client/second-picture.js';
import { FakeMedia } from './fake-media.js';
import { VirtualTime } from './virtual-time.js';

function elementOf(time, how) {
  const attributes = {};
  return Object.assign(new FakeMedia(time, how), {
    muted: false, volume: 0.7, crossOrigin: null, style: {}, attributes, removed: false,
    setAttribute: (name, value) => void (attributes[name] = value), removeAttribute: () => {}, load: () => {},
    after(element) { this.next = element; }, remove() { this.removed = true; },
  });
}

async function setUp({ playing = true, readyState = 4, ...how } = {}) {
  const time = new VirtualTime();
  const media = elementOf(time);
  media.currentTime = 20;
  await time.advance(500);
  if (playing) void media.play();
  await time.advance(1000);
  const element = Object.assign(elementOf(time, how), { readyState });
  const second = new SecondPicture({ media, create: () => element, scheduler: time.scheduler });
  let shown = null;
  void second.show('film.mp4').then((is) => { shown = is; });
  return { time, media, element, second, shown: () => shown };
}

for (const startMs of [10, 60, 120]) {
  test(`it is shown once it moves, in step (a start takes ${startMs} ms)`, async () => {
    const { time, media, element, second, shown } = await setUp({ startMs });
    let movedAtS = null;
    while (shown() === null) {
      await time.advance(10);
      if (shown() === null && element.style.opacity === '0') movedAtS = element.currentTime;
    }
    assert.equal(shown(), true);
    assert.equal(element.style.opacity, '1');
    assert.ok(element.currentTime > 20 && movedAtS !== null);
    const apartMs = (element.currentTime - media.currentTime) * 1000;
    assert.ok(Math.abs(apartMs) < 80, `${apartMs} ms`);
    assert.equal(element.muted, true);
    second.takeSound();
    assert.deepEqual([element.muted, element.volume], [false, 0.7]);
    second.remove();
    assert.equal(element.removed, true);
  });
}

test('paused, it shows the same place', async () => {
  const { time, media, element, shown } = await setUp({ playing: false });
  await time.advance(2000);
  assert.equal(shown(), true);
  assert.equal(element.currentTime, media.currentTime);
  assert.equal(element.paused, true);
});

test('one that never moves, or never loads, is not shown, and leaves nothing behind', async () => {
  const still = await setUp({ startMs: 1e9 });
  await still.time.advance(10_000);
  assert.deepEqual([still.shown(), still.element.removed], [false, true]);
  const unloaded = await setUp({ readyState: 1 });
  await unloaded.time.advance(30_000);
  assert.deepEqual([unloaded.shown(), unloaded.element.removed, unloaded.time.pendingTimers], [false, true, 0]);
});

test('a pause, or a jump of the first picture, in between is followed', async () => {
  const { time, media, element, shown } = await setUp();
  await time.advance(300);
  media.currentTime = 100;
  await time.advance(100);
  media.pause();
  await time.advance(5000);
  assert.equal(shown(), true);
  assert.equal(element.currentTime, media.currentTime);
});
