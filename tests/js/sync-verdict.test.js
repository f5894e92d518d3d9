import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SyncVerdict } from '../../partyapp/web/static/party-client/sync-verdict.js';

/** Give the same sample every 100 ms for a while, from a time on. */
function feed(verdict, errorMs, boundMs, fromMs, forMs) {
  let last = 'unknown';
  for (let nowMs = fromMs; nowMs <= fromMs + forMs; nowMs += 100) last = verdict.update({ errorMs, boundMs, nowMs });
  return last;
}

test('proven, likely, and the limit of the room', () => {
  assert.equal(new SyncVerdict().update({ errorMs: -30, boundMs: 50, nowMs: 0 }), 'in_sync');
  assert.equal(new SyncVerdict().update({ errorMs: 31, boundMs: 50, nowMs: 0 }), 'likely');
  assert.equal(new SyncVerdict(20).update({ errorMs: 15, boundMs: 6, nowMs: 0 }), 'likely');
  assert.equal(new SyncVerdict(500).update({ errorMs: 300, boundMs: 150, nowMs: 0 }), 'in_sync');
});

test('out of sync only when provably so for 2 s', () => {
  const verdict = new SyncVerdict();
  assert.equal(feed(verdict, 10, 10, 0, 1000), 'in_sync');
  assert.notEqual(feed(verdict, 200, 10, 1100, 1900), 'out_of_sync');
  assert.equal(feed(verdict, 200, 10, 3100, 0), 'out_of_sync');
  const unproven = new SyncVerdict();
  feed(unproven, 10, 10, 0, 0);
  assert.equal(feed(unproven, 100, 30, 100, 5000), 'likely');
});

test('cleared after 1 s below half of the limit, not before', () => {
  const verdict = new SyncVerdict();
  feed(verdict, 200, 10, 0, 2000);
  assert.equal(feed(verdict, 60, 10, 2100, 5000), 'out_of_sync');
  assert.equal(feed(verdict, 30, 10, 7200, 900), 'out_of_sync');
  assert.equal(feed(verdict, 30, 10, 8200, 0), 'in_sync');
});

test('unknown when the clock is, and after 3 s of silence', () => {
  assert.equal(new SyncVerdict().update({ errorMs: 0, boundMs: 501, nowMs: 0 }), 'unknown');
  assert.equal(new SyncVerdict().update({ errorMs: 0, boundMs: Infinity, nowMs: 0 }), 'unknown');
  const verdict = new SyncVerdict();
  assert.equal(verdict.at(0), 'unknown');
  verdict.update({ errorMs: 0, boundMs: 1, nowMs: 0 });
  assert.equal(verdict.at(2900), 'in_sync');
  assert.equal(verdict.at(3000), 'unknown');
});
