import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScalarKalman } from '../../partyapp/web/static/party-client/kalman.js';
import { SkewController } from '../../partyapp/web/static/party-client/skew-controller.js';
import { SimulatedPlayer } from './simulated-player.js';
import { seededNormal } from './virtual-time.js';

const nudging = (how) => new SimulatedPlayer(new SkewController(), how);
const seekingOnly = (how) => new SimulatedPlayer(new SkewController({ profile: 'seek-only' }), how);

test('the filter is better than its readings, and knows how good it is', () => {
  const normal = seededNormal(3);
  const filter = new ScalarKalman();
  for (let n = 0; n < 200; n += 1) {
    filter.predict(0.05, 0);
    filter.update(40 + 8.5 * normal());
  }
  assert.ok(Math.abs(filter.value - 40) < 3 * filter.sigma);
  assert.ok(filter.sigma < 2);
});

test('the filter follows a known input without lag', () => {
  const filter = new ScalarKalman();
  filter.update(100);
  for (let n = 1; n <= 20; n += 1) {
    filter.predict(0.05, -4);
    filter.update(100 - 4 * n);
  }
  assert.ok(Math.abs(filter.value - 20) < 1e-9);
});

test('the filter rejects two outliers and restarts from the third', () => {
  const filter = new ScalarKalman();
  for (let n = 0; n < 40; n += 1) {
    filter.predict(0.05, 0);
    filter.update(0);
  }
  assert.deepEqual([filter.update(500), filter.update(500), filter.value], ['rejected', 'rejected', 0]);
  assert.equal(filter.update(510), 'reset');
  assert.equal(filter.value, 510);
});

test('100 ms off is nudged away without a seek, within the caps', () => {
  for (const offMs of [100, -100]) {
    for (let seed = 1; seed <= 10; seed += 1) {
      const player = nudging({ offMs, seed });
      player.run(3);
      assert.ok(Math.abs(player.errorMs) < 6, `${player.errorMs} ms off with seed ${seed}`);
      assert.equal(player.seeks, 0);
      assert.ok(player.largestNudge <= 0.08 + 1e-9);
      player.run(2);
      assert.equal(player.rate, 1);
    }
  }
});

test('the larger the error, the larger the rate it may use', () => {
  for (const [offMs, cap] of [[12, 0.01], [30, 0.02], [39.9, 0.02], [110, 0.08], [290, 0.15], [380, 0.25]]) {
    const player = nudging({ offMs, noiseMs: 0 });
    player.run(8);
    assert.ok(Math.abs(player.largestNudge - cap) < 1e-9, `${offMs} ms: ${player.largestNudge}`);
    assert.equal(player.seeks, 0);
    assert.ok(Math.abs(player.errorMs) < 2);
  }
});

test('a large error is closed with few changes of rate', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    assert.ok(nudging({ offMs: 300, seed }).run(10).rateChanges <= 8);
  }
  assert.ok(nudging({ offMs: 38, noiseMs: 0 }).run(10).rateChanges <= 3);
});

test('a player that falls back with each change of rate is held all the same', () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const player = nudging({ driftPpm: 60, rateCostMs: 22, seed });
    let offTicks = 0;
    player.run(600, ({ errorMs }) => { offTicks += Math.abs(errorMs) > 15 ? 1 : 0; });
    assert.ok(player.rateChanges <= 70, `${player.rateChanges}`);
    assert.ok(offTicks < 0.05 * 12_000, `${offTicks}`);
    assert.equal(player.seeks, 0);
  }
});

test('a player that pays for each nudge is nudged more rarely once that is learned', () => {
  const changes = [1, 2, 3, 4, 5].map((seed) => nudging({ driftPpm: -60, rateCostMs: 22, seed }).run(600).rateChanges);
  assert.ok(Math.max(...changes) <= 36, `${changes}`);
});

test('every rate is a whole step of 0.5 %', () => {
  const player = nudging({ offMs: 77, driftPpm: 60 });
  player.run(60, ({ rate }) => assert.ok(Math.abs(rate * 200 - Math.round(rate * 200)) < 1e-6));
});

test('in step there is no wobble: not one change of rate in ten minutes of noisy readings', () => {
  for (let seed = 1; seed <= 10; seed += 1) assert.equal(nudging({ seed }).run(600).rateChanges, 0);
});

test('a drifting player is held with at most 7 changes a minute and no seek', () => {
  for (const driftPpm of [60, -60]) {
    for (let seed = 1; seed <= 5; seed += 1) {
      let worst = 0;
      const player = nudging({ driftPpm, seed }).run(600, ({ errorMs }) => {
        worst = Math.max(worst, Math.abs(errorMs));
      });
      assert.ok(player.rateChanges <= 70);
      assert.equal(player.seeks, 0);
      assert.ok(worst < 12, `${worst} ms`);
    }
  }
});

test('more than a second off is sought, once', () => {
  for (const offMs of [1500, -1500, 60_000]) {
    const player = nudging({ offMs });
    player.run(10);
    assert.equal(player.seeks, 1);
    assert.ok(Math.abs(player.errorMs) < 6);
  }
});

test('0.5 s off is nudged away, unless it came of a stall', () => {
  const slipped = nudging();
  slipped.run(5);
  slipped.positionS -= 0.5;
  slipped.run(10);
  assert.equal(slipped.seeks, 0);
  assert.ok(Math.abs(slipped.errorMs) < 6);
  const stalled = nudging();
  stalled.run(5);
  stalled.stall(500);
  stalled.run(10);
  assert.equal(stalled.seeks, 1);
});

test('a single wild reading moves nothing', () => {
  const player = nudging();
  player.run(5);
  player.positionS -= 3;
  const correction = player.step();
  player.positionS += 3;
  player.run(5);
  assert.equal(correction.kind, 'none');
  assert.equal(player.seeks + player.rateChanges, 0);
});

test('the landing latency is learned: a later seek lands where it aims', () => {
  const player = nudging({ offMs: 5000, landingMs: 300, noiseMs: 2 });
  player.run(20);
  const first = player.controller.landingLatencyMs;
  assert.ok(first > 170 && first < 220, `${first}`);
  for (let round = 0; round < 4; round += 1) {
    player.run(70);
    player.targetS += 50;
    player.run(5);
  }
  assert.equal(player.seeks, 5);
  assert.ok(Math.abs(player.controller.landingLatencyMs - 300) < 40, `${player.controller.landingLatencyMs}`);
});

test('seeks that do not help get rare: 3 s, then twice as long each time, at most a minute', () => {
  const controller = new SkewController();
  const seeksMs = [];
  for (let nowMs = 0; nowMs < 400_000; nowMs += 50) {
    const correction = controller.observe({ targetS: 10 + nowMs / 1000, positionS: nowMs / 1000, nowMs, rate: 1, playing: true });
    if (correction.kind === 'seek') seeksMs.push(nowMs);
  }
  const pauses = seeksMs.slice(1).map((ms, n) => Math.round((ms - seeksMs[n]) / 1000));
  assert.deepEqual(pauses.slice(0, 7), [3, 6, 12, 24, 48, 60, 60]);
});

test('a jump of the room is followed at once, whatever the cool-down', () => {
  const player = nudging({ offMs: 2000 });
  player.run(1);
  assert.equal(player.seeks, 1);
  player.targetS += 30;
  player.run(0.5);
  assert.equal(player.seeks, 2);
});

test('the rate of the room is the base of every nudge', () => {
  const player = nudging({ roomRate: 1.5, offMs: 60 });
  player.run(5);
  assert.equal(player.rate, 1.5);
  assert.ok(Math.abs(player.errorMs) < 6);
  player.roomRate = 0.5;
  player.run(10);
  assert.equal(player.rate, 0.5);
  assert.equal(player.seeks, 0);
});

test('a rate that somebody else has set is put right', () => {
  const player = nudging();
  player.run(5);
  player.rate = 1.25;
  player.step();
  assert.equal(player.rate, 1);
});

test('while the player stands still nothing is decided, and a nudge does not outlive it', () => {
  const player = nudging({ offMs: 200, noiseMs: 0 });
  player.run(0.5);
  assert.notEqual(player.rate, 1);
  player.stall(2000);
  player.positionS = player.targetS + 2;
  player.run(1.9, ({ controller }) => assert.equal(controller.errorMs, null));
  player.run(0.3);
  assert.equal(player.rate, 1);
});

test('seek-only: the rate is left alone, the dead band is left alone, beyond it a seek', () => {
  const inside = seekingOnly({ offMs: 100 }).run(60);
  assert.equal(inside.seeks + inside.rateChanges, 0);
  const edge = seekingOnly({ offMs: 135 });
  edge.run(3);
  assert.equal(edge.seeks, 0);
  edge.run(5);
  assert.equal(edge.seeks, 1);
  const outside = seekingOnly({ offMs: 200 });
  outside.run(1);
  assert.equal(outside.seeks, 1);
  assert.equal(outside.rateChanges, 0);
});

test('a jump of the room just after a seek that did not help is followed at once all the same', () => {
  for (const afterMs of [50, 100, 200, 300]) {
    const player = nudging({ offMs: 2000, landingMs: 150 });
    player.run(1);
    player.positionS -= 6;
    player.run(4);
    assert.equal(player.seeks, 2);
    player.positionS -= 6;
    player.run(7);
    assert.equal(player.seeks, 3);
    player.stall(afterMs);
    player.run(afterMs / 1000);
    player.targetS += 40;
    player.run(0.4);
    assert.equal(player.seeks, 4, `${afterMs} ms`);
  }
});

test('the first readings after a start are not acted on, even after a long pause', () => {
  const player = nudging({ noiseMs: 0 });
  player.run(5);
  player.nowMs += 60_000;
  player.controller.noteStart({ sought: false });
  // The first frames run ahead of the sound.
  player.positionS += 0.08;
  player.run(0.2);
  player.positionS -= 0.08;
  player.run(3);
  assert.equal(player.rateChanges + player.seeks, 0);
});
