import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ScheduledTimeline, positionAt } from '../../partyapp/web/static/party-client/timeline.js';
import { party, playback } from './fake-party.js';

const T = 1_700_000_000_000;

test('a playing position moves with the rate, a paused one stays', () => {
  const playing = playback({ state: 'playing', position_s: 10, rate: 1.5, at_ms: T });
  assert.equal(positionAt(playing, T + 2000, 600), 13);
  assert.equal(positionAt({ ...playing, state: 'paused' }, T + 2000, 600), 10);
});

test('a position is never past the end, never negative, and does not move before its begin', () => {
  const playing = playback({ state: 'playing', position_s: 599, at_ms: T });
  assert.equal(positionAt(playing, T + 5000, 600), 600);
  assert.equal(positionAt(playing, T - 5000, 600), 599);
  assert.equal(positionAt({ ...playing, position_s: -3 }, T, 600), 0);
  assert.equal(positionAt(playing, T + 5000, NaN), 604);
});

test('until a scheduled playback begins, the one before it holds', () => {
  const timeline = new ScheduledTimeline(600);
  timeline.set(playback({ revision: 1, state: 'playing', position_s: 0, at_ms: T }), T);
  timeline.set(playback({ revision: 2, state: 'paused', position_s: 5.1, at_ms: T + 5100 }), T + 5000);
  assert.deepEqual(timeline.at(T + 5050), { state: 'playing', positionS: 5.05, rate: 1 });
  assert.deepEqual(timeline.at(T + 5100), { state: 'paused', positionS: 5.1, rate: 1 });
  assert.equal(timeline.nextChangeMs(T + 5050), T + 5100);
  assert.equal(timeline.nextChangeMs(T + 5100), null);
});

/** Recorded by `python -m tests.golden.record_timeline`, which says what a vector is. */
const vectors = JSON.parse(readFileSync(new URL('../golden/timeline.json', import.meta.url), 'utf8'));

for (const { name, duration_s, known, points } of vectors) {
  test(`the server's own timeline: ${name}`, () => {
    const timeline = new ScheduledTimeline(duration_s);
    for (const [one, atMs] of known) timeline.set(one, atMs);
    for (const [atMs, revision, state, positionS] of points) {
      assert.equal(timeline.playbackAt(atMs)?.revision ?? null, revision, `at ${atMs - T}`);
      if (revision === null) continue;
      const point = timeline.at(atMs);
      assert.equal(point.state, state);
      assert.ok(Math.abs(point.positionS - positionS) < 1e-9, `${point.positionS} at ${atMs - T}, not ${positionS}`);
    }
  });
}

test('a newer revision keeps what begins before it, and cancels what would begin with it or later', () => {
  const timeline = new ScheduledTimeline(600);
  timeline.set(playback({ revision: 1, position_s: 7, at_ms: T }), T);
  timeline.set(playback({ revision: 2, state: 'playing', position_s: 7, at_ms: T + 200 }), T + 10);
  timeline.set(playback({ revision: 3, position_s: 7.1, at_ms: T + 300 }), T + 20);
  timeline.set(playback({ revision: 4, position_s: 30, at_ms: T + 300 }), T + 30);
  assert.deepEqual(timeline.at(T + 250), { state: 'playing', positionS: 7.05, rate: 1 });
  assert.equal(timeline.at(T + 300).positionS, 30);
  assert.equal(timeline.nextChangeMs(T + 100), T + 200);
  assert.equal(timeline.nextChangeMs(T + 200), T + 300);
  assert.equal(timeline.nextAfter(T + 200).revision, 4);
});

test('a connection that resumes gives what was missed too', () => {
  const timeline = new ScheduledTimeline();
  const missed = playback({ revision: 2, state: 'playing', at_ms: T + 100 });
  const now = party({ revision: 3, playback: playback({ revision: 3, position_s: 0.2, at_ms: T + 300 }) });
  timeline.follow(now, undefined, T);
  timeline.follow(now, new CustomEvent('event', { detail: { playback: missed } }), T);
  assert.equal(timeline.at(T + 200).state, 'playing');
  const restored = party({ revision: 1, playback: playback({ revision: 1, position_s: 9, at_ms: T }) });
  timeline.follow(restored, new CustomEvent('welcome', { detail: { party: restored } }), T + 10);
  assert.equal(timeline.at(T + 200).positionS, 9);
});

test('a scheduled one that has begun is what holds until the next', () => {
  const timeline = new ScheduledTimeline(600);
  timeline.set(playback({ revision: 1, at_ms: T }), T);
  timeline.set(playback({ revision: 2, state: 'playing', at_ms: T + 100 }), T);
  timeline.set(playback({ revision: 3, state: 'paused', position_s: 1, at_ms: T + 1100 }), T + 1000);
  assert.equal(timeline.at(T + 1050).state, 'playing');
  assert.ok(Math.abs(timeline.at(T + 1050).positionS - 0.95) < 1e-9);
});

test('an older or equal revision changes nothing', () => {
  const timeline = new ScheduledTimeline(600);
  assert.equal(timeline.set(playback({ revision: 5, position_s: 9, at_ms: T }), T), true);
  assert.equal(timeline.set(playback({ revision: 4, position_s: 1, at_ms: T }), T), false);
  assert.equal(timeline.set(playback({ revision: 5, position_s: 2, at_ms: T }), T), false);
  assert.equal(timeline.at(T).positionS, 9);
});

test('before the very first playback begins, the media waits where it will begin', () => {
  const timeline = new ScheduledTimeline(600);
  assert.equal(timeline.at(T).state, 'stopped');
  timeline.set(playback({ revision: 1, state: 'playing', position_s: 4, at_ms: T + 500 }), -Infinity);
  assert.deepEqual(timeline.at(T), { state: 'paused', positionS: 4, rate: 1 });
  assert.equal(timeline.at(T + 1500).positionS, 5);
});
