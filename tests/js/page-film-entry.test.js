/** A film of the start page, from its file to the film that can be watched. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FilmEntry } from '../../partyapp/web/static/page/film-entry.js';
import { fileOf } from './fake-tus.js';
import { MIB, setUp, until } from './upload-setup.js';

const video = (state, progress = 0) => ({
  id: 'v', title: 'A film', state, duration_s: 90, transcode_job: { state: 'running', progress, error: null },
});

test('an upload is followed, and becomes its film', async () => {
  const { time, uploads } = setUp();
  const upload = uploads.add(fileOf(9 * MIB));
  const entry = new FilmEntry({ upload });
  let changes = 0;
  entry.addEventListener('change', () => { changes += 1; });
  assert.deepEqual([entry.stage, entry.title, entry.canBeChosen, entry.isWatchable], ['upload', 'Film.mkv', true, false]);
  await until(time, () => upload.state === 'done');
  assert.ok(changes > 5);
  entry.update(video('preparing'));
  assert.deepEqual([entry.stage, entry.value, entry.title, entry.isWatchable], ['preparing', 'v', 'A film', false]);
  entry.update(video('playable', 1));
  assert.deepEqual([entry.stage, entry.isWatchable, entry.progress.text], ['playable', true, '1:30']);
});

test('what failed, and what has no file, can not be chosen', async () => {
  const { time, uploads } = setUp();
  const upload = uploads.add(fileOf(0));
  await time.advance(10);
  assert.equal(new FilmEntry({ upload }).canBeChosen, false);
  assert.equal(new FilmEntry({ video: video('failed') }).canBeChosen, false);
  const unfinished = { person: 'ada', key: 'k', path: '/api/uploads/1', name: 'a.mkv', size: 9, sent: 3 };
  const entry = new FilmEntry({ unfinished });
  assert.deepEqual([entry.stage, entry.value, entry.canBeChosen], ['unfinished', 'file:k', false]);
});

test('how long the preparing takes still is told once its pace is known', () => {
  let nowMs = 0;
  const entry = new FilmEntry({ video: video('preparing', 0), now: () => nowMs });
  for (const progress of [0.1, 0.2, 0.3, 0.4]) {
    nowMs += 10_000;
    entry.update(video('preparing', progress));
  }
  assert.equal(entry.progress.text, 'Being prepared, 40 % · about a minute left');
});
