/** The next film, loaded before the party changes to it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FilmPreload } from '../../partyapp/web/static/party-client/film-preload.js';
import { isLoadedToEnd, itemToLoad, NEAR_END_S } from '../../partyapp/web/static/page/next-film.js';

function preloading(player = {}) {
  const [made, removed, timers] = [[], [], []];
  const create = () => {
    const element = { style: {}, readyState: 0, setAttribute() {}, removeAttribute() {}, load() {}, remove: () => removed.push(element) };
    made.push(element);
    return element;
  };
  const media = Object.assign(new EventTarget(), { crossOrigin: null, after() {}, ...player });
  const scheduler = { setTimeout: (act) => timers.push(act), clearTimeout() {} };
  return { media, made, removed, timers, preload: new FilmPreload({ media, create, scheduler }) };
}

test('the next film is loaded unseen, and its first frame covers the player until that has it', () => {
  const { media, made, removed, preload } = preloading();
  preload.prepare('/next.mp4');
  assert.equal(made[0].src, '/next.mp4');
  assert.equal(made[0].style.opacity, '0');
  made[0].readyState = 2;
  assert.equal(preload.cover('/next.mp4', 0), true);
  assert.equal(made[0].style.opacity, '1');
  assert.deepEqual(removed, []);
  media.dispatchEvent(new Event('loadeddata'));
  assert.deepEqual(removed, [made[0]]);
  preload.prepare('/next.mp4');
  assert.equal(preload.cover('/another.mp4', 0), false, 'another film than was expected');
  assert.deepEqual(removed, made);
});

test('the queue that has let go of the film, and the one after it, take nothing off the player', () => {
  const { media, made, removed, preload } = preloading();
  preload.prepare('/next.mp4');
  made[0].readyState = 2;
  preload.cover('/next.mp4', 0);
  preload.prepare(null);
  preload.prepare('/after-it.mp4');
  assert.deepEqual(removed, []);
  media.dispatchEvent(new Event('loadeddata'));
  assert.deepEqual(removed, [made[0]], 'and what is loaded meanwhile stays');
  preload.remove();
  assert.deepEqual(removed, made);
});

test('where the browser tells of frames, the cover stays until one is on the screen', () => {
  const frames = [];
  const { media, made, removed, timers, preload } = preloading({ requestVideoFrameCallback: (act) => frames.push(act) });
  preload.prepare('/next.mp4');
  made[0].readyState = 2;
  preload.cover('/next.mp4', 0);
  assert.equal(frames.length, 0, 'a frame of the film before says nothing');
  media.dispatchEvent(new Event('loadeddata'));
  assert.deepEqual(removed, []);
  frames[0]();
  assert.deepEqual(removed, made);
  timers[0]();
  assert.deepEqual(removed, made, 'once');
});

const ITEMS = [{ id: 'first' }, { id: 'second' }];
const playing = (more = {}) => ({ next_after_s: 0, playback: { state: 'playing', next: null }, ...more });
const near = { leftS: NEAR_END_S, isLoaded: true };

test('near the end of a film that is loaded the first of the queue is, and what is announced before all', () => {
  assert.equal(itemToLoad(playing(), ITEMS, near), ITEMS[0]);
  assert.equal(itemToLoad(playing(), [], near), null);
  assert.equal(itemToLoad(playing(), ITEMS, { ...near, leftS: NEAR_END_S + 1 }), null);
  assert.equal(itemToLoad(playing(), ITEMS, { ...near, isLoaded: false }), null, 'the network is for the film of now');
  assert.equal(itemToLoad(playing({ next_after_s: null }), ITEMS, near), null, 'nothing begins by itself');
  const announced = playing({ playback: { state: 'stopped', next: { item_id: 'second' } } });
  assert.equal(itemToLoad(announced, ITEMS, { leftS: 0, isLoaded: false }), ITEMS[1]);
  assert.equal(itemToLoad(playing({ playback: { state: 'stopped', next: null } }), ITEMS, near), null);
});

test('a film is loaded to its end where one stretch of it reaches from here to there', () => {
  const of = (currentTime, ...spans) => isLoadedToEnd({
    currentTime, duration: 100, buffered: { length: spans.length, start: (at) => spans[at][0], end: (at) => spans[at][1] },
  });
  assert.equal(of(85, [0, 10], [80, 99.7]), true);
  assert.equal(of(70, [60, 75], [80, 100]), false);
  assert.equal(of(70), false);
});
