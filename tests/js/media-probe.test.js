/** What is at an address, named for what it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultOfAddress, probeMedia } from '../../partyapp/web/static/party-client/media-probe.js';
import { VirtualTime } from './virtual-time.js';

const PAGE = 'https://party.test/';
const FILM = 'https://films.test/film.mp4';

for (const [address, page, fault] of [
  ['film.mp4', PAGE, null],
  [FILM, PAGE, null],
  ['http://films.test/film.mp4', PAGE, 'mixed_content'],
  ['http://films.test/film.mp4', 'http://party.test/', null],
  ['http://localhost:8000/film.mp4', PAGE, null],
  ['http://127.0.0.1/film.mp4', PAGE, null],
  ['file:///home/ada/film.mp4', PAGE, 'invalid_address'],
  ['magnet:?xt=1', PAGE, 'invalid_address'],
  ['http://[', PAGE, 'invalid_address'],
  ['https://www.youtube.com/watch?v=1', PAGE, 'video_page'],
  ['https://youtu.be/1', PAGE, 'video_page'],
  ['https://notyoutube.com/watch', PAGE, null],
]) {
  test(`the address ${address} on ${page}: ${fault}`, () => assert.equal(faultOfAddress(address, page), fault));
}

/** A player that finds what the test says, a moment after it is given an address. */
class FakePlayer extends EventTarget {
  constructor(time, found) {
    super();
    Object.assign(this, { time, found, duration: NaN, currentTime: 0, videoWidth: 0, loads: 0, paused: true });
    if (!found.otherEngine) this.webkitAudioDecodedByteCount = 0;
  }

  set src(url) {
    this.url = url;
    const { error, silent, ...fields } = this.found;
    if (error === 'never') return;
    this.time.scheduler.setTimeout(() => {
      if (!error) Object.assign(this, { duration: 90, videoWidth: 640, ...fields, seekable: ranges(fields.seekableS ?? 90) });
      this.dispatchEvent(new Event(error ? 'error' : 'loadedmetadata'));
    }, 50);
  }

  async play() {
    this.paused = false;
    for (const atMs of [200, 600]) {
      this.time.scheduler.setTimeout(() => {
        this.currentTime = atMs / 1000;
        if (!this.found.silent) this.webkitAudioDecodedByteCount = 4000;
        this.dispatchEvent(new Event('timeupdate'));
      }, atMs);
    }
  }

  pause() {
    this.paused = true;
  }

  removeAttribute(name) {
    if (name === 'src') this.url = null;
  }

  load() {
    this.loads += 1;
  }
}

const ranges = (endS) => ({ length: 1, start: () => 0, end: () => endS });

async function probed(found, answer = null) {
  const time = new VirtualTime();
  const player = new FakePlayer(time, found);
  const asked = [];
  const fetchImpl = async (url, init) => {
    asked.push(init);
    if (answer === null || (answer === 'opaque' && init.mode !== 'no-cors')) throw new TypeError('Failed to fetch');
    return answer === 'opaque' ? { ok: false, status: 0 } : answer;
  };
  const result = probeMedia(FILM, { pageUrl: PAGE, newMedia: () => player, scheduler: time.scheduler, fetchImpl });
  await time.advance(20_000);
  await new Promise((resolve) => void setTimeout(resolve, 5));
  assert.equal(player.url, null, 'the player is let go');
  assert.ok(player.loads > 0 && player.paused);
  return { ...(await result), asked, player };
}

const response = (status, type) => ({ ok: status < 400, status, headers: new Headers({ 'Content-Type': type }) });

test('a film that is well: its length, and nothing to say', async () => {
  const { isPlayable, durationS, isLive, faults, player } = await probed({});
  assert.deepEqual({ isPlayable, durationS, isLive, faults }, { isPlayable: true, durationS: 90, isLive: false, faults: [] });
  assert.equal(player.muted, true);
});

test('a live stream, and one whose length is not known, have none', async () => {
  const live = await probed({ duration: Infinity });
  assert.deepEqual([live.durationS, live.isLive, live.faults], [null, true, []]);
  const unknown = await probed({ duration: NaN });
  assert.deepEqual([unknown.durationS, unknown.isLive], [null, false]);
});

test('what plays, but not as a film should', async () => {
  assert.deepEqual((await probed({ videoWidth: 0 })).faults, ['no_picture']);
  assert.deepEqual((await probed({ seekableS: 0 })).faults, ['no_seeking']);
  assert.deepEqual((await probed({ silent: true })).faults, ['no_sound']);
  assert.deepEqual((await probed({ otherEngine: true, mozHasAudio: false })).faults, ['no_sound']);
  assert.deepEqual((await probed({ otherEngine: true, mozHasAudio: true })).faults, []);
  assert.deepEqual((await probed({ otherEngine: true })).faults, [], 'nobody can say');
});

for (const [fault, answer] of [
  ['not_found', response(404, 'text/html')], ['forbidden', response(403, 'text/plain')],
  ['server_error', response(503, 'text/plain')], ['web_page', response(200, 'text/html; charset=utf-8')],
  ['unplayable', response(206, 'video/x-matroska')], ['unplayable', 'opaque'], ['unreachable', null],
]) {
  test(`nothing to play: ${fault}`, async () => {
    const { isPlayable, durationS, faults, asked } = await probed({ error: true }, answer);
    assert.deepEqual([isPlayable, durationS, faults], [false, null, [fault]]);
    assert.equal(asked[0].headers.Range, 'bytes=0-0');
    assert.ok(asked.every(({ credentials }) => credentials === 'omit'));
  });
}

test('a server that says nothing is not waited for without end', async () => {
  assert.deepEqual((await probed({ error: 'never' })).faults, ['timeout']);
});

test('a page whose policy forbids it to ask knows nothing of the server', async () => {
  const document = new EventTarget();
  globalThis.document = document;
  try {
    const time = new VirtualTime();
    const player = new FakePlayer(time, { error: true });
    const fetchImpl = async () => {
      setTimeout(() => document.dispatchEvent(new Event('securitypolicyviolation')), 0);
      throw new TypeError('Failed to fetch');
    };
    const result = probeMedia(FILM, { pageUrl: PAGE, newMedia: () => player, scheduler: time.scheduler, fetchImpl });
    await time.advance(100);
    assert.deepEqual((await result).faults, ['unplayable']);
  } finally {
    delete globalThis.document;
  }
});
