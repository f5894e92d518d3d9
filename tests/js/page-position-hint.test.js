/** The time at the pointer over the position bar. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { positionAtPointer } from '../../partyapp/web/static/page/position-hint.js';

test("the thumb's middle is where the position is, from end to end", () => {
  assert.equal(positionAtPointer(9, 518, 100), 0);
  assert.equal(positionAtPointer(259, 518, 100), 50);
  assert.equal(positionAtPointer(509, 518, 100), 100);
});

test('beyond the ends it stays at them', () => {
  assert.equal(positionAtPointer(-5, 518, 100), 0);
  assert.equal(positionAtPointer(600, 518, 100), 100);
  assert.equal(positionAtPointer(0, 0, 100), 0);
});
