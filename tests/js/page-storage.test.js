/** What the browser remembers for the page, also where it forbids storage. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import {
  clampTrim,
  deviceId,
  loadChoices,
  loadName,
  loadSubtitleDelay,
  loadToken,
  loadTrim,
  loadVolume,
  saveChoices,
  saveName,
  saveSubtitleDelay,
  saveToken,
  saveTrim,
  saveVolume,
} from '../../partyapp/web/static/page/storage.js';

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A Storage as in a browser: text in, text out. */
class TextStorage {
  #items = new Map();
  getItem(key) {
    return this.#items.get(key) ?? null;
  }
  setItem(key, value) {
    this.#items.set(key, String(value));
  }
  removeItem(key) {
    this.#items.delete(key);
  }
}

beforeEach(() => {
  globalThis.window = { localStorage: new TextStorage(), sessionStorage: new TextStorage() };
});

test('token and name are kept, and a token can be dropped', () => {
  assert.equal(loadToken(), null);
  assert.equal(loadName(), '');
  saveToken('t');
  saveName('Ada');
  assert.equal(window.localStorage.getItem('party.token'), 't');
  assert.equal(loadToken(), 't');
  assert.equal(loadName(), 'Ada');
  saveToken(null);
  assert.equal(loadToken(), null);
});

test('a tab keeps its device id, and another tab has another', () => {
  const first = deviceId();
  assert.match(first, UUID_V4);
  assert.equal(deviceId(), first);
  window.sessionStorage = new TextStorage();
  assert.notEqual(deviceId(), first);
});

test('a trim is a whole number of ms within 500 either way', () => {
  assert.equal(clampTrim('120'), 120);
  assert.equal(clampTrim(-720), -500);
  assert.equal(clampTrim(9000), 500);
  assert.equal(clampTrim('late'), 0);
  assert.equal(clampTrim(''), 0);
  saveTrim(-250.4);
  assert.equal(loadTrim(), -250);
});

test('volume and mute are kept; nonsense is full volume', () => {
  assert.deepEqual(loadVolume(), { volume: 1, muted: false });
  saveVolume(0.35, true);
  assert.deepEqual(loadVolume(), { volume: 0.35, muted: true });
  window.localStorage.setItem('party.volume', 'loud');
  assert.equal(loadVolume().volume, 1);
});

test('where storage is forbidden the page still remembers, as long as it lives', () => {
  Object.defineProperty(globalThis, 'window', {
    configurable: true,
    writable: true,
    value: {
      get localStorage() {
        throw new Error('SecurityError');
      },
      get sessionStorage() {
        throw new Error('SecurityError');
      },
    },
  });
  saveToken('t');
  assert.equal(loadToken(), 't');
  assert.equal(deviceId(), deviceId());
});

test('what can be read but not written is remembered as it was last wanted', () => {
  const full = new TextStorage();
  full.setItem('party.token', 'old');
  full.setItem('party.name', 'Ada');
  full.setItem = () => {
    throw new Error('QuotaExceededError');
  };
  window.localStorage = full;
  saveToken('new');
  assert.equal(loadToken(), 'new');
  assert.equal(loadName(), 'Ada');
  saveToken(null);
  assert.equal(loadToken(), null);
});

test('choices are kept one by one, and what is not one of them is none', () => {
  assert.deepEqual(loadChoices(), { subtitles: null, sound: null, height: null, size: 'usual' });
  saveChoices({ subtitles: { language: 'de', label: 'Deutsch' }, height: 720 });
  saveChoices({ size: 'large', sound: { language: null, label: 'Comments' } });
  assert.deepEqual(loadChoices(), {
    subtitles: { language: 'de', label: 'Deutsch' },
    sound: { language: null, label: 'Comments' },
    height: 720,
    size: 'large',
  });
  saveChoices({ subtitles: 'off', height: null });
  assert.equal(loadChoices().subtitles, 'off');
  assert.equal(loadChoices().height, null);
  for (const wrong of ['no JSON', 'null', '7', '{"subtitles": 7, "size": "x", "height": "y", "sound": "z"}']) {
    window.localStorage.setItem('party.choices', wrong);
    assert.deepEqual(loadChoices(), { subtitles: null, sound: null, height: null, size: 'usual' });
  }
});

test('a delay of subtitles is that of one film, and the latest are kept', () => {
  assert.equal(loadSubtitleDelay('a'), 0);
  saveSubtitleDelay('a', 1.5);
  saveSubtitleDelay('b', -2);
  assert.deepEqual([loadSubtitleDelay('a'), loadSubtitleDelay('b'), loadSubtitleDelay('c')], [1.5, -2, 0]);
  saveSubtitleDelay('a', 0);
  assert.equal(loadSubtitleDelay('a'), 0);
  for (let film = 0; film < 30; film += 1) saveSubtitleDelay(`film-${film}`, 1);
  assert.deepEqual([loadSubtitleDelay('b'), loadSubtitleDelay('film-0')], [0, 1]);
  window.localStorage.setItem('party.subtitle_delays', '[1');
  assert.equal(loadSubtitleDelay('film-0'), 0);
});
