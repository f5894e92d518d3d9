import assert from 'node:assert/strict';
import { test } from 'node:test';
import { momentText } from '../../partyapp/web/static/page/moments.js';

const MINUTE_MS = 60_000;
const evening = new Date(2026, 11, 24, 20, 15, 7).getTime();

test('what was today is told by the clock, to the minute or to the second', () => {
  assert.match(momentText(evening, evening + 90 * MINUTE_MS), /^\d\d:15\b/u);
  assert.match(momentText(evening, evening + 90 * MINUTE_MS, { toTheSecond: true }), /^\d\d:15:07\b/u);
});

test('what was on another day is told with it', () => {
  const nextMorning = evening + 12 * 60 * MINUTE_MS;
  for (const toTheSecond of [false, true]) {
    const said = momentText(evening, nextMorning, { toTheSecond });
    assert.match(said, /24/u);
    assert.match(said, toTheSecond ? /:15:07\b/u : /:15\b/u);
  }
  assert.doesNotMatch(momentText(nextMorning, nextMorning), /25/u);
});
