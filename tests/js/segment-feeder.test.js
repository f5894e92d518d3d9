/** A film that is fed by segments while it is prepared. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { segmentsOf, tracksOf } from '../../partyapp/web/static/party-client/hls-playlist.js';
import { SegmentFeeder } from '../../partyapp/web/static/party-client/segment-feeder.js';
import { FakeSegments, fakeMediaSource } from './fake-media-source.js';
import { VirtualTime } from './virtual-time.js';

const URL_OF_FILM = 'https://party.test/media/g/v/film.m3u8';

class Element extends EventTarget {
  error = null;
  paused = true;
  seeks = [];
  src = '';
  #placeS = 0;

  get currentTime() {
    return this.#placeS;
  }

  set currentTime(placeS) {
    this.#placeS = placeS;
    this.seeks.push(placeS);
    this.dispatchEvent(new Event('seeking'));
  }
}

function setUp({ film, durationS = 600, capacityS, seek = 0 } = {}) {
  const time = new VirtualTime();
  const segments = new FakeSegments(film);
  const { Source, made } = fakeMediaSource(time, { capacityS });
  const media = new Element();
  media.currentTime = seek;
  const create = URL.createObjectURL;
  URL.createObjectURL = () => 'blob:film';
  const feeder = new SegmentFeeder({
    media, url: URL_OF_FILM, durationS, fetchImpl: segments.fetch, scheduler: time.scheduler, random: () => 0.5, Source,
  });
  const faults = [];
  feeder.addEventListener('fault', ({ detail }) => faults.push(detail));
  feeder.start();
  URL.createObjectURL = create;
  const places = () => made[0].sourceBuffers.map(({ appended }) => appended);
  return { time, segments, media, feeder, faults, source: made[0], places };
}

test('picture and sound go into buffers of their own, with the whole length at once', async () => {
  const { time, media, feeder, source, places } = setUp({ film: { ready: 4, whole: 300 } });
  await time.advance(2000);
  assert.equal(media.src, 'blob:film');
  assert.equal(source.duration, 600);
  assert.deepEqual(source.sourceBuffers.map(({ mimeType }) => mimeType), [
    'video/mp4; codecs="avc1.64001f"', 'audio/mp4; codecs="mp4a.40.2"',
  ]);
  assert.deepEqual(places(), [[0, 2, 4, 6], [0, 2, 4, 6]]);
  assert.equal(feeder.readyS, 8);
  feeder.stop();
  assert.equal(time.pendingTimers, 0);
});

test('what is made meanwhile follows', async () => {
  const { time, segments, feeder, places } = setUp({ film: { ready: 2, whole: 300 } });
  await time.advance(2000);
  segments.ready = 4;
  await time.advance(2500);
  assert.deepEqual(places()[0], [0, 2, 4, 6]);
  feeder.stop();
});

test('a minute ahead is kept, and half a minute behind', async () => {
  const { time, media, feeder, source } = setUp({ film: { ready: 300, whole: 300 } });
  for (let second = 0; second < 150; second += 1) {
    media.currentTime = second;
    await time.advance(1000);
  }
  const [{ buffered }] = source.sourceBuffers;
  assert.equal(buffered.length, 1);
  assert.ok(buffered.start(0) >= 149 - 42 && buffered.start(0) <= 149 - 30, `${buffered.start(0)}`);
  assert.ok(buffered.end(0) >= 149 + 58 && buffered.end(0) <= 149 + 64, `${buffered.end(0)}`);
  feeder.stop();
});

test('a seek goes on with the segment of that place, and what the browser dropped comes again', async () => {
  const { time, media, feeder, source, places } = setUp({ film: { ready: 300, whole: 300 } });
  await time.advance(3000);
  media.currentTime = 401.5;
  media.dispatchEvent(new Event('seeking'));
  await time.advance(100);
  assert.ok(places()[0].includes(400), `${places()[0]}`);
  await time.advance(3000);
  const before = places()[0].length;
  source.sourceBuffers[0].drop(404, 408);
  await time.advance(2000);
  assert.deepEqual(places()[0].slice(before, before + 2), [404, 406]);
  feeder.stop();
});

test('the last frame of a segment is fetched, and not taken for the next one', async () => {
  const { time, media, feeder, places } = setUp({ film: { ready: 300, whole: 300 }, seek: 15.98 });
  await time.advance(1000);
  assert.equal(places()[0][0], 14);
  media.currentTime = 13.98;
  media.dispatchEvent(new Event('seeking'));
  await time.advance(1000);
  assert.ok(places()[0].includes(12));
  assert.equal(new Set(places()[0]).size, places()[0].length, 'nothing is put in twice');
  feeder.stop();
});

test('a full buffer is given less, and the film goes on', async () => {
  const { time, media, feeder, source, faults } = setUp({ film: { ready: 300, whole: 300 }, capacityS: 40 });
  for (let second = 0; second < 100; second += 1) {
    media.currentTime = second;
    await time.advance(1000);
  }
  for (const { buffered, heldS } of source.sourceBuffers) {
    assert.ok(heldS <= 40);
    assert.ok(buffered.start(0) <= 99 && buffered.end(buffered.length - 1) > 103);
  }
  assert.deepEqual(faults, []);
  feeder.stop();
});

test('the end is told once, and only when nothing will have to be put in any more', async () => {
  const short = setUp({ film: { ready: 5, whole: 5 }, durationS: 10 });
  await short.time.advance(5000);
  assert.equal(short.source.ends, 1);
  assert.equal(short.feeder.hasEnded, true);
  assert.equal(short.time.pendingTimers, 0);
  const long = setUp({ film: { ready: 100, whole: 100 }, durationS: 200, seek: 150 });
  await long.time.advance(20_000);
  assert.equal(long.source.ends, 0);
  long.media.currentTime = 0;
  await long.time.advance(5000);
  assert.ok(long.places()[0].includes(0));
  long.feeder.stop();
});

test('a server that fails for a while is asked again, ever more seldom, and told of', async () => {
  const { time, segments, feeder, faults, places } = setUp({ film: { ready: 4, whole: 300 } });
  segments.fails = 7;
  await time.advance(10_000);
  assert.ok(segments.asked.length < 12, `${segments.asked.length}`);
  assert.deepEqual(faults.map(({ isFinal }) => isFinal), [false]);
  await time.advance(30_000);
  assert.deepEqual(places()[0], [0, 2, 4, 6]);
  feeder.stop();
});

test('what this browser can not play is told at once, and not tried again', async () => {
  for (const film of [{ codecs: 'avc1.unknown,mp4a.40.2' }]) {
    const { time, faults, segments } = setUp({ film });
    await time.advance(20_000);
    assert.deepEqual(faults.map(({ isFinal }) => isFinal), [true]);
    assert.equal(segments.asked.length, 1);
  }
  const feeder = new SegmentFeeder({ media: new Element(), url: URL_OF_FILM, durationS: 1, Source: null });
  const heard = [];
  feeder.addEventListener('fault', ({ detail }) => heard.push(detail.isFinal));
  feeder.start();
  assert.deepEqual(heard, [true]);
});

test('a playlist: byte ranges, one after the other; addresses from its own', () => {
  const text = ['#EXTM3U', '#EXT-X-MAP:URI="all.mp4",BYTERANGE="720@0"', '#EXTINF:2.002,', '#EXT-X-BYTERANGE:100@720',
    'all.mp4', '#EXTINF:1.5,', '#EXT-X-BYTERANGE:50', 'all.mp4'].join('\n');
  const { initUrl, initRange, segments, isWhole } = segmentsOf(text, 'https://party.test/media/g/v/l.m3u8?x=1');
  assert.deepEqual([initUrl, initRange, isWhole], ['https://party.test/media/g/v/all.mp4', 'bytes=0-719', false]);
  assert.deepEqual(segments.map(({ range, startS }) => [range, startS]), [['bytes=720-819', 0], ['bytes=820-869', 2.002]]);
});

test('a playlist: sound alone, both in one, and what is none', () => {
  const lines = (codecs) => `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="${codecs}"\nfilm.m3u8\n`;
  const types = (codecs) => tracksOf(lines(codecs), URL_OF_FILM).map(({ mimeType }) => mimeType);
  assert.deepEqual(types('mp4a.40.2'), ['audio/mp4; codecs="mp4a.40.2"']);
  assert.deepEqual(types('avc1.64001f, mp4a.40.2'), ['video/mp4; codecs="avc1.64001f,mp4a.40.2"']);
  for (const text of ['<html>', '', '#EXTM3U\n']) assert.throws(() => tracksOf(text, URL_OF_FILM), SyntaxError);
  assert.throws(() => segmentsOf('#EXTM3U\n#EXTINF:2,\na.m4s', URL_OF_FILM), SyntaxError);
});

/** A film whose buffer begins at 20 s, sought to a place before it. */
async function soughtBefore(placeS, paused = true) {
  const set = setUp({ film: { ready: 300, whole: 300 }, seek: 20.02 });
  await set.time.advance(2000);
  Object.assign(set.media, { paused, seeks: [] });
  set.media.currentTime = placeS;
  await set.time.advance(2000);
  set.feeder.stop();
  return set.media.seeks;
}

test('a paused seek to just before what the buffer has is made again, once, when its segment has come', async () => {
  assert.deepEqual(await soughtBefore(19.9), [19.9, 19.9]);
});

test('one further before waits by itself, one to what is there too, and a playing film goes on', async () => {
  assert.deepEqual(await soughtBefore(15), [15]);
  assert.deepEqual(await soughtBefore(21), [21]);
  assert.deepEqual(await soughtBefore(19.9, false), [19.9]);
});

test('who has gone elsewhere before the segment comes is left there', async () => {
  const { time, segments, media, feeder } = setUp({ film: { ready: 300, whole: 300 }, seek: 20.02 });
  await time.advance(2000);
  Object.assign(segments, { delayMs: 500, scheduler: time.scheduler });
  media.seeks = [];
  media.currentTime = 19.9;
  await time.advance(100);
  media.currentTime = 30;
  await time.advance(3000);
  assert.deepEqual(media.seeks, [19.9, 30]);
  feeder.stop();
});
