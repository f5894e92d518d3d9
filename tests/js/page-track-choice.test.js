/** What a person is shown and hears of a film's tracks, by what they chose before and by their languages. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  OFF,
  chosenSound,
  chosenSubtitles,
  clampDelay,
  delayText,
  nearestTrack,
  sourceLabel,
  sourceOfHeight,
  sourcesOf,
  subtitlesToTurnOn,
} from '../../partyapp/web/static/page/track-choice.js';

const track = (id, language, more = {}) => ({ id, language, label: id, default: false, ...more });
const TRACKS = [track('en', 'en'), track('en-sdh', 'en'), track('pt', 'pt-BR'), track('none', null)];
const idOf = (found) => found?.id ?? null;

test('the nearest language is the same, or else another variety of it', () => {
  assert.equal(idOf(nearestTrack(TRACKS, ['pt-BR'])), 'pt');
  assert.equal(idOf(nearestTrack(TRACKS, ['PT-pt', 'en'])), 'pt');
  assert.equal(idOf(nearestTrack(TRACKS, ['de', 'en-GB'])), 'en');
  assert.equal(idOf(nearestTrack([track('br', 'pt-BR'), track('eu', 'pt-PT')], ['pt-PT'])), 'eu');
  assert.equal(nearestTrack(TRACKS, ['de', '']), null);
});

test('who chose nothing is shown what the film shows, or what makes them understand', () => {
  assert.equal(chosenSubtitles(TRACKS, null, ['en']), null);
  assert.equal(chosenSubtitles(TRACKS, null, ['en'], 'en-US'), null);
  assert.equal(idOf(chosenSubtitles(TRACKS, null, ['pt'], 'en')), 'pt');
  assert.equal(chosenSubtitles(TRACKS, null, ['de'], 'fr'), null);
  assert.equal(idOf(chosenSubtitles([...TRACKS, track('x', 'ja', { default: true })], null, ['en'])), 'x');
});

test('a choice counts for other films too, by language and kind', () => {
  assert.equal(chosenSubtitles(TRACKS, OFF, ['pt'], 'en'), null);
  assert.equal(idOf(chosenSubtitles(TRACKS, { language: 'en', label: 'en-sdh' }, [])), 'en-sdh');
  assert.equal(idOf(chosenSubtitles(TRACKS, { language: 'pt-PT', label: 'Português' }, [])), 'pt');
  assert.equal(idOf(chosenSubtitles(TRACKS, { language: null, label: 'none' }, [])), 'none');
  assert.equal(chosenSubtitles(TRACKS, { language: 'de', label: 'Deutsch' }, ['en']), null);
});

test('turned on, there is something to see', () => {
  assert.equal(idOf(subtitlesToTurnOn(TRACKS, OFF, ['pt'])), 'pt');
  assert.equal(idOf(subtitlesToTurnOn(TRACKS, { language: 'en', label: 'en-sdh' }, ['pt'])), 'en-sdh');
  assert.equal(idOf(subtitlesToTurnOn(TRACKS, null, ['de'])), 'en');
  assert.equal(subtitlesToTurnOn([], null, ['de']), null);
});

test('the sound is the remembered one, or else the film’s own', () => {
  const sounds = [track('de', 'de'), track('ja', 'ja', { default: true })];
  assert.equal(idOf(chosenSound(sounds, null)), 'ja');
  assert.equal(idOf(chosenSound(sounds, { language: 'de', label: 'Deutsch' })), 'de');
  assert.equal(idOf(chosenSound([track('a', 'fr')], { language: 'de', label: '' })), 'a');
  assert.equal(chosenSound([], null), null);
});

const source = (url, height, more = {}) => ({ type: 'video/mp4', url, width: height * 2, height, bitrate: 1e6, ...more });

test('sources are those of the sound, and those that play by themselves', () => {
  const video = {
    sources: [
      source('growing', 1080, { type: 'application/vnd.apple.mpegurl' }),
      source('de-1', 1080, { audio_track: 'de' }),
      source('ja-1', 1080, { audio_track: 'ja' }),
      source('ja-2', 720, { audio_track: 'ja' }),
    ],
  };
  const urls = (sound) => sourcesOf(video, sound).map(({ url }) => url);
  assert.deepEqual(urls(track('ja', 'ja')), ['ja-1', 'ja-2']);
  assert.deepEqual(urls(track('fr', 'fr')), ['de-1', 'ja-1', 'ja-2']);
  assert.deepEqual(urls(null), ['de-1', 'ja-1', 'ja-2']);
  assert.deepEqual(sourcesOf({}, null), []);
});

test('a height that a film lacks is the next lower one', () => {
  const sources = [source('a', 2160), source('b', 1080), source('c', 480)];
  assert.equal(sourceOfHeight(sources, 1080).url, 'b');
  assert.equal(sourceOfHeight(sources, 1440).url, 'b');
  assert.equal(sourceOfHeight(sources, 240).url, 'c');
  assert.equal(sourceOfHeight([], 240), null);
});

test('texts of the menu', () => {
  assert.equal(sourceLabel({ width: 1920, height: 1080, bitrate: 5_240_000 }), '1080p · 5.2 Mbit/s');
  assert.equal(sourceLabel({ width: 720, height: 1280, bitrate: 12e6 }), '720p · 12 Mbit/s');
  assert.equal(sourceLabel({ width: null, height: null, bitrate: null }), 'As it is');
  assert.equal(delayText(0), 'as they are');
  assert.equal(delayText(0.5), '0.5 s later');
  assert.equal(delayText(-1), '1.0 s earlier');
});

test('a delay is whole tenths within a minute', () => {
  for (const [given, kept] of [[0.1 + 0.2, 0.3], [-75, -60], [1e9, 60], ['x', 0], [-0.04, 0]]) {
    assert.equal(clampDelay(given) + 0, kept);
  }
});
