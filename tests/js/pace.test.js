// How often the client pings and reports: as the server wants it, and at once when something changes.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ProbeSchedule } from '../../partyapp/web/static/party-client/probe-schedule.js';
import { StatusReporter } from '../../partyapp/web/static/party-client/status-reporter.js';

/** @returns {{reporter: StatusReporter, sent: number[], offer: (nowMs: number, state?: any, playback?: number, errorMs?: number) => void}} */
function reporting() {
  /** @type {number[]} */
  const sent = [];
  let at = 0;
  const reporter = new StatusReporter(() => sent.push(at) > 0);
  const offer = (/** @type {number} */ nowMs, /** @type {any} */ state = 'playing', playback = 1, errorMs = 0) => {
    at = nowMs;
    reporter.offer({ position_s: 1, state, revision: 1, sampled_at_ms: 1 }, playback, nowMs, errorMs);
  };
  return { reporter, sent, offer };
}

test('a status goes out once a second unless the server wants it less often', () => {
  const { reporter, sent, offer } = reporting();
  for (let ms = 0; ms <= 3000; ms += 50) offer(ms);
  assert.deepEqual(sent, [0, 1000, 2000, 3000]);
  reporter.setPace(4000);
  for (let ms = 3050; ms <= 11_000; ms += 50) offer(ms);
  assert.deepEqual(sent.slice(4), [7000, 11_000]);
});

test('a change of state or playback is reported at once at any pace', () => {
  const { reporter, sent, offer } = reporting();
  reporter.setPace(4000);
  offer(0);
  offer(500, 'buffering');
  offer(1000, 'buffering', 2);
  offer(1100, 'playing', 2);
  assert.deepEqual(sent, [0, 500, 1000], 'and never faster than the server takes it');
});

test('an error that grows is news within a second at any pace, and one as large as before is none', () => {
  const { reporter, sent, offer } = reporting();
  reporter.setPace(8000);
  offer(0);
  for (let ms = 50; ms <= 1500; ms += 50) offer(ms, 'playing', 1, 20);
  assert.deepEqual(sent, [0]);
  for (let ms = 1550; ms <= 5000; ms += 50) offer(ms, 'playing', 1, -30);
  assert.deepEqual(sent, [0, 1550], 'told once');
  offer(5050, 'playing', 1, 0);
  assert.deepEqual(sent, [0, 1550, 5050]);
  offer(5100, 'playing', 1, 90);
  assert.equal(sent.length, 3, 'and once a second at most');
});

test('what is no pace changes nothing', () => {
  const { reporter, sent, offer } = reporting();
  for (const wrong of [undefined, null, 'soon', 0, -1, NaN, Infinity, 1e9]) reporter.setPace(wrong);
  offer(0);
  offer(1000);
  assert.deepEqual(sent, [0, 1000]);
});

test('the wait between two pings is what the server wants, but for the unsure', () => {
  const schedule = new ProbeSchedule();
  for (let n = 0; n < 8; n += 1) schedule.note(false);
  const delays = [undefined, 4000].map((steadyMs) => schedule.nextDelayMs(0, 8, false, true, steadyMs));
  assert.equal(delays[1], delays[0] * 4);
  assert.ok(schedule.nextDelayMs(0, 8, true, true, 4000) < 300);
});
