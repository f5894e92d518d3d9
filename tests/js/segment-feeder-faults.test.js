/** A film that is fed by segments, where the browser or the film itself makes it hard. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SegmentFeeder } from '../../partyapp/web/static/party-client/segment-feeder.js';
import { FakeSegments, fakeMediaSource } from './fake-media-source.js';
import { VirtualTime } from './virtual-time.js';

class Element extends EventTarget {
  currentTime = 0;
  error = null;
  src = '';
}

function setUp({ mock }, { film = { ready: 300, whole: 300 }, capacityS, seek = 0 } = {}) {
  const time = new VirtualTime();
  const segments = Object.assign(new FakeSegments(film), { scheduler: time.scheduler });
  const { Source, made } = fakeMediaSource(time, { capacityS });
  const media = Object.assign(new Element(), { currentTime: seek });
  const feeder = new SegmentFeeder({
    media, url: 'https://party.test/media/g/v/film.m3u8', durationS: 600, fetchImpl: segments.fetch,
    scheduler: time.scheduler, random: () => 0.5, Source,
  });
  const faults = [];
  feeder.addEventListener('fault', ({ detail }) => faults.push(detail));
  const addresses = [];
  mock.method(URL, 'createObjectURL', () => addresses[addresses.push(`blob:${addresses.length}`) - 1]);
  mock.method(URL, 'revokeObjectURL', () => {});
  feeder.start();
  return { time, segments, media, feeder, faults, made, source: made[0] };
}

test('a film that the browser lets go is fed anew, in the midst of whatever', async (context) => {
  for (const inMs of [0, 2, 3, 7, 500]) {
    const { time, media, feeder, made } = setUp(context, { seek: 100 });
    await time.advance(1000 + inMs);
    made[0].close();
    await time.advance(5000);
    assert.equal(made.length, 2, `${inMs}`);
    assert.equal(media.src, 'blob:1');
    const [{ buffered }] = made[1].sourceBuffers;
    assert.ok(buffered.start(0) <= 100 && buffered.end(0) > 120);
    feeder.stop();
    await time.advance(100);
    assert.equal(time.pendingTimers, 0);
  }
});

test('a film that failed, or was given up for another, is left to those who see to that', async (context) => {
  for (const change of [{ error: { code: 3 } }, { src: 'https://party.test/film.mp4' }]) {
    const { time, media, feeder, made } = setUp(context);
    await time.advance(1000);
    Object.assign(media, change);
    made[0].close();
    await time.advance(20_000);
    assert.equal(made.length, 1);
    feeder.stop();
  }
});

test('at a hole in the film each segment is put in once', async (context) => {
  const { time, segments, feeder, source } = setUp(context, { seek: 6.2 });
  segments.hole = { number: 3, s: 0.5 };
  await time.advance(20_000);
  const { appended } = source.sourceBuffers[0];
  assert.equal(new Set(appended).size, appended.length, `${appended}`);
  assert.ok(appended.includes(6.5) && appended.includes(60) && Math.max(...appended) <= 68, `${appended}`);
  feeder.stop();
});

test('what comes for a place that was left meanwhile is not put in, and drives nothing out', async (context) => {
  const { time, segments, media, feeder, source } = setUp(context);
  await time.advance(3000);
  segments.delayMs = 3000;
  media.currentTime = 200;
  media.dispatchEvent(new Event('seeking'));
  await time.advance(1000);
  media.currentTime = 400;
  media.dispatchEvent(new Event('seeking'));
  await time.advance(9000);
  const { appended } = source.sourceBuffers[0];
  assert.deepEqual([appended.includes(200), appended.includes(400)], [false, true]);
  feeder.stop();
});
