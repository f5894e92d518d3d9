import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ClockEstimator } from '../../partyapp/web/static/party-client/clock-estimator.js';

/** The vectors that the Python suite replays as well. */
const golden = JSON.parse(readFileSync(new URL('../golden/clock_estimator.json', import.meta.url), 'utf8'));

/** A microsecond, in ms; drifts are compared to as many ppm. */
const TOLERANCE = 1e-3;

const T = 1_700_000_000_000;

/** JSON can't hold these, so the file has words for them. */
const readStamp = (/** @type {number|string} */ stamp) =>
  typeof stamp === 'number' ? stamp : { nan: NaN, inf: Infinity }[stamp];

/** What JSON or a careless caller may put in place of a number. */
const NO_NUMBERS = [undefined, null, '5', {}, [], true, 10n];

for (const trace of golden.traces) {
  test(`agrees with the Python estimator to a microsecond: ${trace.name}`, () => {
    const estimator = new ClockEstimator(trace.quantum_ms);
    const expected = [...trace.expected];
    let taken = '';
    trace.exchanges.forEach((stamps, index) => {
      const [t1, t2, t3, t4] = stamps.map(readStamp);
      taken += estimator.observe(t1, t2, t3, t4) ? '1' : '0';
      if ((index + 1) % golden.every !== 0) return;
      const memberTime = Math.abs(t4) < 1e15 ? t4 + golden.ahead_ms : 0;
      const found = estimator.estimate(memberTime, trace.root_bound_ms);
      const row = [
        index + 1, found.offsetMs, found.boundMs, found.driftPpm, found.lowerMs, found.upperMs,
        found.rttMinMs, found.steps, found.rateResets, found.samples, estimator.nextDelayMs(),
      ];
      const wanted = expected.shift();
      assert.equal(row.length, wanted.length);
      row.forEach((value, column) => {
        const off = Math.abs(value - wanted[column]);
        assert.ok(off <= TOLERANCE, `exchange ${index + 1}, column ${column}: ${value}, not ${wanted[column]}`);
      });
    });
    assert.equal(expected.length, 0);
    assert.equal(taken, trace.taken);
  });
}

test('without a sample, and in doubt after a wake-up, the bound is infinite', () => {
  const estimator = new ClockEstimator();
  assert.deepEqual([estimator.estimate(0).boundMs, estimator.estimate(0).samples], [Infinity, 0]);
  estimator.observe(0, T + 5, T + 5, 10);
  assert.ok(Math.abs(estimator.estimate(10).boundMs - 5.1) < 0.02);
  estimator.beginBurst({ doubtful: true });
  assert.equal(estimator.estimate(10).boundMs, Infinity);
  estimator.observe(100, T + 105, T + 105, 110);
  assert.ok(estimator.estimate(110).boundMs < 5.3);
  estimator.reset();
  assert.equal(estimator.estimate(110).boundMs, Infinity);
});

test('what is no number is refused, and nothing raises', () => {
  const estimator = new ClockEstimator();
  for (const value of NO_NUMBERS) {
    for (let place = 0; place < 4; place += 1) {
      const stamps = [0, T, T, 10];
      stamps[place] = /** @type {any} */ (value);
      assert.equal(estimator.observe(...stamps), false);
    }
  }
  assert.equal(estimator.estimate(NaN).boundMs, Infinity);
  assert.throws(() => new ClockEstimator(NaN), RangeError);
  assert.throws(() => new ClockEstimator(-1), RangeError);
});

test('the memory stays bounded over hours', () => {
  const estimator = new ClockEstimator();
  for (let index = 0; index < 10_000; index += 1) {
    const t1 = index * 1500;
    assert.ok(estimator.observe(t1, T + t1 + 20 + (index % 7), T + t1 + 20 + (index % 7), t1 + 40 + (index % 11)));
  }
  assert.ok(estimator.storedEdges <= 2 * (241 + 121), `${estimator.storedEdges} edges`);
});

test('a burst of eight, then one a second, and one in five when paused for long', () => {
  const estimator = new ClockEstimator();
  let now = 0;
  const exchange = () => {
    estimator.observe(now, T + now + 1, T + now + 1, now + 2);
    now += 2;
  };
  for (let index = 0; index < 8; index += 1) {
    assert.equal(estimator.nextDelayMs(), 100);
    exchange();
    now += 100;
  }
  assert.ok(estimator.nextDelayMs() < 250, 'it is unsure before it knows the drift');
  for (; now < 60_000; now += 1000) exchange();
  assert.ok(Math.abs(estimator.nextDelayMs() - 1000) <= 100);
  assert.ok(estimator.nextDelayMs({ unsure: true }) <= 220);
  assert.ok(estimator.nextDelayMs({ playing: false }) <= 1100);
  for (; now < 95_000; now += 1000) exchange();
  assert.ok(Math.abs(estimator.nextDelayMs({ playing: false }) - 5000) <= 500);
  estimator.beginBurst();
  assert.equal(estimator.nextDelayMs({ playing: false }), 100);
});
