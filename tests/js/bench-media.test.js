/** The simulator behind `make bench-sync`: repeatable, and it tells a good follower from a bad one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeds, thorough } from './run-size.js';
import { ALGORITHMS, simulate } from '../../bench/sync/media/room.mjs';

function room({ seed = 1, errors = [0, 0, 0] } = {}) {
  return {
    seed, duration_ms: 60_000, video_duration_s: 3600,
    commands: [
      { state: 'playing', position_s: 0, rate: 1, at_ms: 2200, revision: 1 },
      { state: 'playing', position_s: 300, rate: 1, at_ms: 30_200, revision: 2 },
    ],
    members: errors.map((errorMs, index) => ({
      name: `member ${index}`, arrivals_ms: [2020 + 40 * index, 30_020 + 40 * index],
      estimates: [[500, errorMs, 0, 5]],
    })),
  };
}

const run = (name, how) => simulate(room(how), ALGORITHMS.get(name));

thorough('the same seed gives the same room, another seed another', async () => {
  const [one, again, other] = [await run('party', { seed: 3 }), await run('party', { seed: 3 }), await run('party', { seed: 4 })];
  assert.deepEqual(one, again);
  assert.notDeepEqual(one.pairs, other.pairs);
});

test('the oracle is best, the real follower is near it, and acting on receipt is far behind', async () => {
  for (const seed of seeds(1, 2, 3)) {
    const apart = {};
    for (const name of ['limit', 'party', 'act on receipt']) apart[name] = (await run(name, { seed })).pairs.settled.p50;
    assert.ok(apart.limit < apart.party, JSON.stringify(apart));
    assert.ok(apart.party * 5 < apart['act on receipt'], JSON.stringify(apart));
  }
});

test('a wrong clock shows as just that, for no follower can see it', async () => {
  const { pairs, median_error_ms: errors } = await run('party', { errors: [0, 0, 200] });
  assert.ok(Math.abs(errors[2] - 200) < 10, `${errors}`);
  assert.ok(errors[0] < 10 && errors[1] < 10, `${errors}`);
  assert.ok(pairs.settled.p95 > 180);
});

test('nothing is sought without a cause', async () => {
  const { seeks_a_minute_without_cause: causeless, rate_changes_a_minute: changes } = await run('party');
  assert.equal(causeless, 0);
  assert.ok(changes > 0);
});
