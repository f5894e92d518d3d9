/** A person's own subtitle delay, on a fake track that looks at moved cues no sooner than a paused Firefox does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Subtitles } from '../../partyapp/web/static/page/subtitles.js';

/** Which cue is shown is found out only when a disabled track is shown. */
class FirefoxTrack {
  #mode = 'disabled';

  constructor(media, cues) {
    [this.media, this.cues, this.active] = [media, cues, []];
  }

  get mode() {
    return this.#mode;
  }

  set mode(mode) {
    if (this.#mode === 'disabled' && mode !== 'disabled') {
      const at = this.media.currentTime;
      this.active = this.cues.filter(({ startTime, endTime }) => startTime <= at && at < endTime).map(({ text }) => text);
    }
    if (mode === 'disabled') this.active = [];
    this.#mode = mode;
  }
}

function shown() {
  const media = { currentTime: 2, append: (element) => (media.element = element) };
  const cues = [
    { startTime: 1, endTime: 3, text: 'one' },
    { startTime: 4, endTime: 6, text: 'two' },
  ];
  const track = new FirefoxTrack(media, cues);
  const element = Object.assign(new EventTarget(), { track, setAttribute() {}, remove() {}, append() {} });
  globalThis.document = { createElement: () => element };
  const subtitles = new Subtitles(media);
  subtitles.show({ id: 'en', label: 'English', language: 'en', url: '/film.vtt' }, 'film');
  element.dispatchEvent(new Event('load'));
  return { subtitles, track, cues };
}

test('a delay is seen at once, be the film paused', () => {
  const { subtitles, track, cues } = shown();
  assert.deepEqual(track.active, ['one']);
  subtitles.delayS = 2;
  assert.deepEqual(track.active, []);
  assert.deepEqual([cues[0].startTime, cues[1].endTime], [3, 8]);
  subtitles.delayS = -3;
  assert.deepEqual(track.active, ['two']);
  assert.deepEqual([cues[0].startTime, cues[0].endTime], [0, 0]);
  subtitles.delayS = 0;
  assert.deepEqual(track.active, ['one']);
  assert.equal(track.mode, 'showing');
});

test('subtitles that somebody switched off stay off', () => {
  const { subtitles, track } = shown();
  track.mode = 'disabled';
  subtitles.delayS = 1;
  assert.equal(track.mode, 'disabled');
});
