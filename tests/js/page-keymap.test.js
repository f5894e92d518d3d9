/** The keyboard map: what has the focus comes first, and one row says what each key does. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KEYS, POSITION_KEYS, actOf } from '../../partyapp/web/static/page/keymap.js';

const FOCUSES = ['page', 'press', 'link', 'clicked', 'position', 'volume', 'entry'];
const press = (key, more = {}) => ({ key, repeat: false, ...more });

test('no key means two things', () => {
  for (const rows of [KEYS, POSITION_KEYS]) {
    const keys = rows.flatMap((row) => row.keys);
    assert.equal(new Set(keys).size, keys.length);
  }
});

test('every key of the help does on the page what the help says', () => {
  for (const row of KEYS) for (const key of row.keys) assert.equal(actOf(press(key), 'page'), row.act);
  for (const row of POSITION_KEYS) for (const key of row.keys) assert.equal(actOf(press(key), 'position'), row.act);
});

test("a focused control's own keys are left to it", () => {
  for (const key of ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End']) {
    assert.equal(actOf(press(key), 'volume'), null, key);
  }
  for (const key of [' ', 'Enter']) assert.equal(actOf(press(key), 'press'), null);
  for (const { keys } of KEYS.filter(({ act }) => act !== 'leave-fullscreen')) {
    assert.equal(actOf(press(keys[0]), 'entry'), null);
  }
  for (const key of ['ArrowUp', 'ArrowDown', 'Home', 'End', 'PageUp', 'PageDown', 'Enter', 'Tab']) {
    assert.equal(actOf(press(key), 'page'), null, `${key} is the browser's`);
  }
});

test('where the mouse pressed a button of the player, Space is about the video', () => {
  assert.equal(actOf(press(' '), 'clicked'), 'toggle');
  assert.equal(actOf(press(' '), 'link'), 'toggle');
  for (const focus of ['clicked', 'link']) assert.equal(actOf(press('Enter'), focus), null);
});

test('capitals mean the same, chords and a word being composed mean nothing', () => {
  assert.equal(actOf(press('M'), 'page'), 'mute');
  for (const more of [{ ctrlKey: true }, { altKey: true }, { metaKey: true }, { isComposing: true }]) {
    for (const focus of FOCUSES) assert.equal(actOf(press('f', more), focus), null);
  }
});

test('a held key repeats a seek and nothing else', () => {
  const held = { repeat: true };
  assert.equal(actOf(press('ArrowLeft', held), 'page'), 'back');
  for (const key of [' ', 'm', 'f', '>']) assert.equal(actOf(press(key, held), 'page'), 'nothing');
});

test('keys of one letter can be turned off', () => {
  for (const { keys, single, act } of KEYS) {
    assert.equal(actOf(press(keys[0]), 'page', false), single ? null : act);
  }
});
