import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScheduledTimeline, positionAt } from '../../partyapp/web/static/party-client/timeline.js';
import { playback } from './fake-party.js';

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

test('a newer revision cancels a scheduled one that has not begun', () => {
  const timeline = new ScheduledTimeline(600);
  timeline.set(playback({ revision: 1, position_s: 7, at_ms: T }), T);
  timeline.set(playback({ revision: 2, state: 'playing', position_s: 7, at_ms: T + 200 }), T + 10);
  timeline.set(playback({ revision: 3, position_s: 30, at_ms: T + 300 }), T + 20);
  assert.equal(timeline.at(T + 250).state, 'paused');
  assert.equal(timeline.at(T + 250).positionS, 7);
  assert.equal(timeline.at(T + 300).positionS, 30);
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
