/** Films in words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fileFault, filmText, formatBytes, formatLeft, isWatchable, stateOf, titleOfAddress, unfinishedText, uploadFailure,
  uploadText,
} from '../../partyapp/web/static/page/film-text.js';

test('sizes and times are rough where they are large', () => {
  const sizes = [[0, '0 bytes'], [812, '812 bytes'], [1000, '1.0 kB'], [3_440_000, '3.4 MB'], [999_999, '1.0 MB'],
    [12_400_000_000, '12 GB'], [NaN, '0 bytes']];
  for (const [bytes, text] of sizes) assert.equal(formatBytes(bytes), text);
  const times = [[0, 'a few seconds left'], [31, 'about 40 seconds left'], [58, 'about a minute left'],
    [89, 'about a minute left'], [200, 'about 3 minutes left'], [7000, 'about 2 hours left']];
  for (const [seconds, text] of times) assert.equal(formatLeft(seconds), text);
  assert.equal(formatLeft(null), null);
  assert.equal(formatLeft(Infinity), null);
});

test('how far an upload is', () => {
  const upload = {
    state: 'uploading', sentBytes: 420e6, file: { size: 1e9 }, bytesPerSecond: 3.4e6, leftS: 171, error: null,
  };
  assert.equal(uploadText(upload).text, 'Uploading, 42 % · 420 MB of 1.0 GB · 3.4 MB/s · about 3 minutes left');
  assert.equal(uploadText(upload).fraction, 0.42);
  assert.match(uploadText({ ...upload, bytesPerSecond: null, leftS: null }).text, /42 % · 420 MB of 1.0 GB$/);
  assert.match(uploadText({ ...upload, sentBytes: 1e9 - 1 }).text, /99 %/);
  assert.match(uploadText({ ...upload, state: 'queued' }).text, /^Waits for the uploads before it/);
  assert.equal(uploadText({ ...upload, state: 'paused' }).text, 'Paused · 420 MB of 1.0 GB');
  assert.match(uploadText({ ...upload, state: 'waiting', error: { code: 'network_error' } }).text, /^No connection/);
  assert.match(uploadText({ ...upload, state: 'waiting', error: { code: 'unavailable' } }).text, /^The server is busy/);
  assert.match(uploadText({ ...upload, startedOver: true }).text, /Begun anew/);
  assert.equal(uploadText({ ...upload, file: { size: 0 }, sentBytes: 0 }).fraction, 0);
  assert.match(unfinishedText({ sent: 5e8, size: 1e9 }), /^500 MB of 1.0 GB have arrived. Choose the file again/);
});

test('why an upload failed', () => {
  assert.match(uploadFailure({ code: 'quota_exceeded', status: 409 }), /no room left/);
  assert.match(uploadFailure({ code: 'payload_too_large', status: 413, detail: 'At most 20 GB.' }), /takes. At most 20 GB.$/);
  assert.match(uploadFailure({ code: 'unknown', status: 507 }), /no space left/);
  assert.match(uploadFailure({ code: 'file_unreadable', status: 400 }), /can't be read any more/);
  assert.match(uploadFailure({ code: 'validation_failed', title: 'No', detail: 'Why.' }), /No. Why./);
});

test('a film says how far it is, and why it failed', () => {
  const job = (state, progress, error = null) => ({ transcode_job: { state, progress, error }, duration_s: 90 });
  assert.deepEqual(filmText(job('completed', 1)), { text: '1:30', fraction: null });
  assert.equal(filmText({ transcode_job: null, duration_s: null }).text, 'length unknown');
  assert.deepEqual(filmText(job('pending', 0)), { text: 'Waits to be prepared', fraction: 0 });
  assert.deepEqual(filmText(job('running', 0.42), 130), { text: 'Being prepared, 42 % · about 2 minutes left', fraction: 0.42 });
  assert.equal(filmText(job('failed', 0.3, 'the file holds no picture')).text, 'The file holds no picture.');
  assert.match(filmText(job('failed', 0.3)).text, /nobody knows why/);
  assert.match(filmText({ ...job('running', 0.5), state: 'preparing', ready_until_s: 40 }).text, /^Can be watched, and/);
});

test('a film can be watched once 30 s of it are ready, or half of a short one', () => {
  const preparing = { state: 'preparing', transcode_job: { state: 'running', progress: 0.1 }, duration_s: 5000 };
  assert.equal(isWatchable(preparing), false);
  assert.equal(isWatchable({ ...preparing, ready_until_s: 29 }), false);
  assert.equal(isWatchable({ ...preparing, ready_until_s: 30 }), true);
  assert.equal(isWatchable({ ...preparing, ready_until_s: 5, duration_s: 10 }), true);
  assert.equal(isWatchable({ ...preparing, ready_until_s: null }), false, 'not yet known');
  assert.equal(isWatchable({ state: 'playable', ready_until_s: null }), true);
  assert.equal(isWatchable({ state: 'failed', ready_until_s: 90 }), false);
  assert.equal(stateOf({ transcode_job: { state: 'failed' } }), 'failed');
});

test('a title from an address', () => {
  const titles = [
    ['https://x.test/a/The_Long%20Boat.2024.mp4?sig=1', 'The Long Boat.2024'], ['https://x.test/', 'x.test'],
    ['https://x.test/%E9.mp4', '%E9'], ['https://x.test/.mp4', 'x.test'],
  ];
  for (const [address, title] of titles) assert.equal(titleOfAddress(address), title);
  assert.throws(() => titleOfAddress('no address'));
});

test('what is certainly no film is not sent', () => {
  assert.equal(fileFault({ name: 'a.mkv', type: '' }), null);
  assert.equal(fileFault({ name: 'a.mp4', type: 'video/mp4' }), null);
  assert.equal(fileFault({ name: 'a.mkv', type: 'application/x-matroska' }), null);
  assert.equal(fileFault({ name: 'News.ts', type: 'text/vnd.trolltech.linguist' }), null);
  assert.match(fileFault({ name: 'a.SRT', type: 'application/x-subrip' }), /subtitles/);
  assert.match(fileFault({ name: 'a.pdf', type: 'application/pdf' }), /not a film/);
});
