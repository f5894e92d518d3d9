/** Where the player's film comes from, while it is prepared and after. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FilmSource } from '../../partyapp/web/static/page/film-source.js';

const SEGMENTS = 'https://party.example/media/g/v/1/segments.m3u8';
const FILM = 'https://party.example/media/g/v/1/film.mp4';

function setUp() {
  const media = Object.assign(new EventTarget(), { src: '', readyState: 0, paused: false, currentTime: 0 });
  const faults = [];
  const room = {
    party: { video: { duration_s: 60, sources: [] } },
    signal: new AbortController().signal,
    on: (target, type, listener) => target.addEventListener(type, listener),
    after: () => () => {},
  };
  const source = new FilmSource({ room, media, follower: {}, onFault: () => faults.push(true) });
  return { media, source, faults };
}

test('who could not be fed gets the film once it is whole, without waiting for a picture that never moves', async () => {
  const { media, source, faults } = setUp();
  source.play(SEGMENTS);
  assert.equal(faults.length, 1, 'Node knows no Media Source Extensions');
  assert.equal(source.isFed, true);
  await source.change(FILM);
  assert.equal(media.src, FILM);
  assert.equal(source.isFed, false);
  assert.equal(source.url, FILM);
});
