/** Uploads: in parts, gone on with, stopped, several. Against a server that speaks tus as its text says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileOf } from './fake-tus.js';
import { MIB, arrived, over, setUp, until } from './upload-setup.js';

const given = (status) => () => ({ status });
const lost = () => ({ error: true });

test('a file arrives in parts, and the film that it became is told', async () => {
  const { time, server, uploads, memory } = setUp();
  const file = fileOf(20 * MIB, 'Zażółć 🎬.mkv');
  const upload = uploads.add(file);
  assert.equal(upload.state, 'uploading');
  await until(time, over(upload));
  assert.equal(upload.state, 'done');
  await arrived(server, file);
  const metadata = server.requests[0].headers['Upload-Metadata'];
  assert.equal(upload.videoId, `film-${metadata}`);
  assert.equal(Buffer.from(metadata.split(' ')[1], 'base64').toString(), 'Zażółć 🎬.mkv');
  assert.deepEqual(server.of('PATCH').map(({ size }) => size / MIB), [8, 12]);
  assert.deepEqual(memory.list('ada'), []);
});

test('after the page was opened anew and the file chosen again, it goes on where it was', async () => {
  const { time, server, uploads, kept } = setUp();
  const file = fileOf(20 * MIB);
  const first = uploads.add(file);
  await until(time, () => first.sentBytes > 9 * MIB);
  const left = setUp({ time, server, kept });
  // The first page is gone: nothing of it is sent any more.
  first.pause();
  assert.deepEqual(left.uploads.unfinished.map(({ name, sent }) => [name, sent]), [['Film.mkv', 8 * MIB]]);
  const second = left.uploads.add(file);
  assert.equal(second.sentBytes, 8 * MIB);
  assert.deepEqual(left.uploads.unfinished, []);
  await until(time, over(second));
  await arrived(server, file);
  assert.equal(server.of('POST').length, 1);
  const bytes = server.of('PATCH').reduce((sum, { size }) => sum + size, 0);
  assert.ok(bytes < file.size + 12 * MIB, 'what had arrived was not sent again');
});

test('another person of the same browser, and another file of the same name, begin anew', async () => {
  const { time, server, uploads, kept } = setUp();
  const upload = uploads.add(fileOf(20 * MIB));
  await until(time, () => upload.sentBytes > 9 * MIB);
  upload.pause();
  const other = setUp({ time, server, kept, person: 'ben' });
  assert.deepEqual(other.uploads.unfinished, []);
  assert.equal(other.uploads.add(fileOf(20 * MIB)).sentBytes, 0);
  const later = setUp({ time, server, kept });
  assert.equal(later.uploads.add(fileOf(20 * MIB, 'Film.mkv', 2)).sentBytes, 0);
});

test('pause stops at once, and it goes on from what arrived', async () => {
  const { time, server, uploads } = setUp();
  const file = fileOf(8 * MIB);
  const upload = uploads.add(file);
  await until(time, () => upload.sentBytes > 3 * MIB);
  upload.pause();
  assert.equal(upload.state, 'paused');
  const { length } = server.requests;
  await time.advance(60_000);
  assert.equal(server.requests.length, length);
  assert.equal(upload.leftS, null);
  uploads.resume(upload);
  await until(time, over(upload));
  await arrived(server, file);
  assert.ok(server.requests.at(-1).size < 6 * MIB);
});

test('cancel drops what the server has, and forgets the file', async () => {
  const { time, server, uploads, memory } = setUp();
  const upload = uploads.add(fileOf(8 * MIB));
  await until(time, () => upload.sentBytes > 3 * MIB);
  server.faults = [given(423), lost];
  const cancelled = uploads.cancel(upload);
  assert.equal(upload.state, 'cancelled');
  assert.deepEqual(uploads.list, []);
  await until(time, () => server.uploads.size === 0);
  await cancelled;
  assert.deepEqual(memory.list('ada'), []);
  assert.equal(server.of('DELETE').length, 3);
});

test('one that was begun before can be dropped without its file', async () => {
  const { time, server, uploads, kept } = setUp();
  const upload = uploads.add(fileOf(9 * MIB));
  await until(time, () => upload.sentBytes > 3 * MIB);
  upload.pause();
  const page = setUp({ time, server, kept });
  const forgotten = page.uploads.forget(page.uploads.unfinished[0]);
  await until(time, () => server.uploads.size === 0);
  await forgotten;
  assert.deepEqual(page.uploads.unfinished, []);
});

test('two at once, the others behind them; the same file twice is one', async () => {
  const { time, server, uploads } = setUp();
  const files = [1, 2, 3, 4].map((number) => fileOf(MIB * number, `${number}.mp4`));
  const list = files.map((file) => uploads.add(file));
  assert.equal(uploads.add(fileOf(MIB, '1.mp4')), list[0]);
  assert.deepEqual(list.map(({ state }) => state), ['uploading', 'uploading', 'queued', 'queued']);
  assert.equal(uploads.isBusy, true);
  list[0].pause();
  assert.deepEqual(list.map(({ state }) => state), ['paused', 'uploading', 'uploading', 'queued']);
  uploads.resume(list[0]);
  await time.advance(0);
  server.mostAtOnce = 0;
  await until(time, () => list.every(({ state }) => state === 'done'));
  assert.equal(server.mostAtOnce, 2);
  assert.equal(server.uploads.size, 4);
  assert.equal(uploads.isBusy, false);
});

test('speed and time left are told once they are known', async () => {
  const { time, uploads } = setUp();
  const upload = uploads.add(fileOf(30 * MIB));
  await time.advance(500);
  assert.equal(upload.leftS, null);
  await until(time, () => upload.sentBytes > 20 * MIB);
  assert.ok(Math.abs(upload.bytesPerSecond / (10 * MIB) - 1) < 0.15, `${upload.bytesPerSecond}`);
  const expected = (30 * MIB - upload.sentBytes) / (10 * MIB);
  assert.ok(Math.abs(upload.leftS - expected) < 0.5);
});

