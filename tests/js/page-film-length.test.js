/** The length of a film in words, also where it isn't known and of a live stream. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { barOf, lengthText, noEndText, spokenPosition } from '../../partyapp/web/static/page/film-length.js';

const UNKNOWN = [0, null, undefined, Number.NaN];

test('a known length is a time', () => {
  assert.equal(lengthText(330), '5:30');
  assert.equal(spokenPosition(5, 330), '5 seconds of 5 minutes 30 seconds');
  assert.deepEqual(barOf(5, 330), { max: 330, value: 5, hasPlaces: true });
  assert.equal(noEndText(330), null);
});

test('an unknown length is said to be unknown, and the bar is empty', () => {
  for (const value of UNKNOWN) {
    assert.equal(lengthText(value), 'length unknown');
    assert.equal(spokenPosition(65, value), '1 minute 5 seconds, length unknown');
    assert.deepEqual(barOf(65, value), { max: 1, value: 0, hasPlaces: false });
    assert.match(noEndText(value), /nobody knows/iu);
  }
});

test('a live stream is live, and the bar is full', () => {
  assert.equal(lengthText(Infinity), 'live');
  assert.equal(spokenPosition(65, Infinity), '1 minute 5 seconds, live');
  assert.deepEqual(barOf(65, Infinity), { max: 1, value: 1, hasPlaces: false });
  assert.match(noEndText(Infinity), /no end/u);
});
