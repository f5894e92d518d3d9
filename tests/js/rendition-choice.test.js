/** The rule by which a player takes a source: what the network carries, changed seldom. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RenditionChoice } from '../../partyapp/web/static/party-client/rendition-choice.js';

const source = (height, bitrate) => ({
  type: 'video/mp4',
  url: `/${height}`,
  width: Math.round((height * 16) / 9),
  height,
  bitrate,
});
const SOURCES = [source(1080, 5e6), source(720, 2.5e6), source(480, 1e6)];

/** A player on a network of so many bit/s: looks once a second until it changes, or for so long. */
function watch(choice, bitsPerSecond, { fromMs = 0, forMs = 120_000, waiting = false, bufferedS = 20, loading = true } = {}) {
  let loadedS = 0;
  for (let nowMs = fromMs; nowMs <= fromMs + forMs; nowMs += 1000) {
    if (choice.look({ nowMs, loadedS, bufferedS, loading, waiting })) return nowMs - fromMs;
    loadedS += bitsPerSecond / choice.source.bitrate;
  }
  return null;
}

test('the best is taken as long as nothing is known, and the best that fits where something is', () => {
  assert.equal(new RenditionChoice(SOURCES).source.height, 1080);
  assert.equal(new RenditionChoice(SOURCES, { downlink: 4e6 }).source.height, 720);
  assert.equal(new RenditionChoice(SOURCES, { downlink: 1e5 }).source.height, 480);
  assert.equal(new RenditionChoice(SOURCES, { screenWidth: 1280 }).source.height, 720);
  assert.equal(new RenditionChoice([SOURCES[0]], { screenWidth: 320 }).source.height, 1080);
  assert.equal(new RenditionChoice([]).source, null);
});

test('a picture that stands still for seconds is exchanged for one that fits', () => {
  const choice = new RenditionChoice(SOURCES);
  const afterMs = watch(choice, 2e6, { waiting: true, bufferedS: 0 });
  assert.ok(afterMs >= 3000 && afterMs <= 10_000, String(afterMs));
  assert.equal(choice.source.height, 480);
});

test('it goes down a step at least, and no further than the last', () => {
  const choice = new RenditionChoice(SOURCES);
  watch(choice, 50e6, { waiting: true });
  assert.equal(choice.source.height, 720);
  watch(choice, 50e6, { waiting: true, fromMs: 200_000 });
  assert.equal(choice.source.height, 480);
  assert.equal(watch(choice, 50e6, { waiting: true, bufferedS: 0, fromMs: 400_000 }), null);
});

test('a short wait, as after a seek, changes nothing', () => {
  const choice = new RenditionChoice(SOURCES);
  watch(choice, 5e6, { waiting: true, forMs: 2000 });
  assert.equal(watch(choice, 5e6, { fromMs: 3000 }), null);
});

test('it goes up only after a while of plenty, and stays there', () => {
  const choice = new RenditionChoice(SOURCES, { downlink: 4e6 });
  const afterMs = watch(choice, 30e6);
  assert.ok(afterMs >= 20_000, String(afterMs));
  assert.equal(choice.source.height, 1080);
  assert.equal(watch(choice, 30e6, { fromMs: 200_000 }), null);
});

test('it does not go up with little ahead, or with little to spare', () => {
  assert.equal(watch(new RenditionChoice(SOURCES, { downlink: 4e6 }), 30e6, { bufferedS: 4 }), null);
  assert.equal(watch(new RenditionChoice(SOURCES, { downlink: 4e6 }), 8e6), null);
});

test('a browser that has enough and loads no more tells nothing of the network', () => {
  const choice = new RenditionChoice(SOURCES, { downlink: 4e6 });
  watch(choice, 0, { loading: false });
  assert.equal(choice.throughput, 4e6);
  assert.equal(choice.source.height, 720);
});

test('two changes are never close together', () => {
  const choice = new RenditionChoice(SOURCES);
  const first = watch(choice, 1e6, { waiting: true, bufferedS: 0 });
  const second = watch(new RenditionChoice(SOURCES), 1e6, { waiting: true, bufferedS: 0 });
  assert.equal(first, second);
  const again = new RenditionChoice([...SOURCES, source(360, 4e5)]);
  watch(again, 20e6, { waiting: true });
  const laterMs = watch(again, 20e6, { waiting: true, fromMs: 5000 });
  assert.ok(laterMs + 5000 >= 15_000, String(laterMs));
});

test('a seek that empties the buffer is no measurement', () => {
  const choice = new RenditionChoice(SOURCES, { downlink: 9e6 });
  choice.look({ nowMs: 0, loadedS: 60, bufferedS: 20, loading: true, waiting: false });
  choice.look({ nowMs: 1000, loadedS: 2, bufferedS: 2, loading: true, waiting: false });
  assert.equal(choice.throughput, 9e6);
});
