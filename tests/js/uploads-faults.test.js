/** An upload arrives whole, or says why not, whatever comes in between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileOf } from './fake-tus.js';
import { MIB, arrived, over, setUp, until } from './upload-setup.js';

const lost = () => ({ error: true });
const given = (status, body = '', headers = {}) => () => ({ status, body, headers });

test('the network is lost in mid-part: what arrived is asked for and not sent again', async () => {
  const { time, server, uploads } = setUp();
  const file = fileOf(8 * MIB);
  server.faults = [undefined, () => ({ afterBytes: 5 * MIB, error: true }), lost, lost];
  const states = [];
  const upload = uploads.add(file);
  upload.addEventListener('change', () => states.push([upload.state, upload.error?.code]));
  await until(time, over(upload));
  await arrived(server, file);
  assert.deepEqual(server.of('PATCH').map(({ size }) => size / MIB), [8, 3]);
  assert.ok(states.some(([state, code]) => state === 'waiting' && code === 'network_error'));
  assert.equal(upload.error, null);
});

test('not ready: 423 to HEAD and 503 to PATCH are tried again, and Retry-After is honoured', async () => {
  const { time, server, uploads, kept } = setUp();
  const file = fileOf(9 * MIB);
  const first = uploads.add(file);
  await until(time, () => first.sentBytes > 4 * MIB);
  first.pause();
  const { uploads: again } = setUp({ time, server, kept });
  server.requests = [];
  server.faults = [given(423), given(423), undefined, given(503, '', { 'Retry-After': '7' })];
  const upload = again.add(file);
  await until(time, over(upload));
  await arrived(server, file);
  assert.deepEqual(server.requests.map(({ method }) => method), ['HEAD', 'HEAD', 'HEAD', 'PATCH', 'HEAD', 'PATCH']);
  const [refused, next] = server.requests.slice(3, 5);
  assert.ok(next.atMs - refused.atMs >= 7000);
  assert.equal(server.of('POST').length, 0);
});

test('409, another tab was faster: the offset is asked for', async () => {
  const { time, server, uploads } = setUp();
  const file = fileOf(8 * MIB);
  server.faults = [undefined, given(409)];
  const upload = uploads.add(file);
  await until(time, over(upload));
  await arrived(server, file);
  assert.deepEqual(server.requests.map(({ method }) => method), ['POST', 'PATCH', 'HEAD', 'PATCH']);
});

for (const status of [404, 410, 403]) {
  test(`an upload that is gone (${status}) begins anew, once, and says so`, async () => {
    const { time, server, uploads, kept } = setUp();
    const file = fileOf(9 * MIB);
    const first = uploads.add(file);
    await until(time, () => first.sentBytes > 4 * MIB);
    first.pause();
    server.uploads.clear();
    const page = setUp({ time, server, kept });
    server.faults = [given(status)];
    const upload = page.uploads.add(file);
    await until(time, over(upload));
    assert.equal(upload.startedOver, true);
    await arrived(server, file);
    server.faults = [undefined, given(status), undefined, given(status)];
    const never = page.uploads.add(fileOf(9 * MIB, 'Other.mkv'));
    await until(time, over(never));
    assert.equal(never.state, 'failed');
    assert.equal(never.error.status, status);
  });
}

test('a token that ended is renewed, and the upload goes on', async () => {
  const { time, server, uploads, renewals } = setUp();
  const file = fileOf(30 * MIB);
  const upload = uploads.add(file);
  await until(time, () => upload.sentBytes > 9 * MIB);
  server.token = 'another';
  await until(time, over(upload));
  assert.equal(upload.state, 'done');
  assert.equal(renewals.length, 1);
  assert.equal(server.requests.at(-1).headers.Authorization, 'Bearer fresh');
});

test('what no repeat would change fails at once, with its reason', async () => {
  const refusals = [
    [413, 'payload_too_large'], [409, 'quota_exceeded'], [507, 'storage_full'], [422, 'validation_failed'],
  ];
  for (const [status, code] of refusals) {
    const { time, server, uploads } = setUp();
    server.faults = [given(status, { status, code, title: 'No' })];
    const upload = uploads.add(fileOf(MIB));
    await until(time, over(upload));
    assert.equal(upload.state, 'failed');
    assert.equal(upload.error.code, code);
    assert.equal(server.requests.length, 1);
  }
});

test('a proxy that lets no large part through gets smaller ones', async () => {
  const { time, server, uploads } = setUp();
  const file = fileOf(9 * MIB);
  const tooLarge = ({ method, body }) => (method === 'PATCH' && body.size > MIB ? { status: 413 } : undefined);
  server.faults = Array(60).fill(tooLarge);
  const upload = uploads.add(file);
  await until(time, over(upload));
  assert.equal(upload.state, 'done');
  await arrived(server, file);
  assert.equal(server.of('PATCH').filter(({ size }) => size > MIB).length, 2, 'asked for no more than once a size');
});

test('tries have a limit; a press begins them anew, and nothing is lost', async () => {
  const { time, server, uploads } = setUp();
  const file = fileOf(9 * MIB);
  const upload = uploads.add(file);
  await until(time, () => upload.sentBytes >= 4 * MIB);
  server.faults = Array(200).fill(lost);
  await until(time, over(upload));
  assert.equal(upload.state, 'failed');
  assert.equal(upload.error.code, 'network_error');
  assert.ok(server.requests.length < 60);
  server.faults = [];
  uploads.resume(upload);
  await until(time, over(upload));
  assert.equal(upload.state, 'done');
  assert.equal(server.of('POST').length, 1);
});

test('without a network no tries are used up, and its return ends the wait', async () => {
  let online = false;
  const { time, server, uploads, windowTarget } = setUp({ isOnline: () => online });
  server.faults = Array(1000).fill(lost);
  const upload = uploads.add(fileOf(MIB));
  await until(time, () => upload.state === 'waiting');
  await time.advance(3_600_000);
  assert.equal(upload.state, 'waiting');
  server.faults = [];
  online = true;
  const before = server.requests.length;
  windowTarget.dispatchEvent(new Event('online'));
  await time.advance(10);
  assert.ok(server.requests.length > before);
  await until(time, over(upload));
  assert.equal(upload.state, 'done');
});

test('a connection that falls silent is taken for lost', async () => {
  const { time, server, uploads } = setUp();
  const file = fileOf(MIB);
  server.faults = [undefined];
  const { transport } = server;
  let isStuck = true;
  const stuck = (request) => {
    if (request.method !== 'PATCH' || !isStuck) return transport(request);
    isStuck = false;
    return new Promise((_resolve, reject) => {
      request.signal.addEventListener('abort', () => reject(request.signal.reason));
    });
  };
  const page = setUp({ time, server, transport: stuck });
  const upload = page.uploads.add(file);
  await until(time, over(upload), 200_000);
  assert.equal(upload.state, 'done');
  assert.deepEqual(uploads.list, []);
});

test('a file that can be read no more ends the upload with that reason', async () => {
  const { time, server, uploads } = setUp();
  const file = fileOf(9 * MIB);
  const upload = uploads.add(file);
  await until(time, () => upload.sentBytes > 4 * MIB);
  file.slice = () => ({ arrayBuffer: () => Promise.reject(new Error('NotReadableError')) });
  server.faults = [lost];
  upload.pause();
  uploads.resume(upload);
  await until(time, over(upload));
  assert.equal(upload.error.code, 'file_unreadable');
});

test('a file that is changed meanwhile becomes no film, and is sent from its start when it is tried again', async () => {
  const { time, server, uploads, memory } = setUp();
  const file = fileOf(20 * MIB);
  const upload = uploads.add(file);
  await until(time, () => upload.sentBytes > 4 * MIB);
  const now = fileOf(20 * MIB);
  const bytes = new Uint8Array(await now.arrayBuffer()).fill(7, 0, 4096);
  const changed = new Blob([bytes]);
  file.slice = (...of) => changed.slice(...of);
  await until(time, over(upload));
  assert.equal(upload.error.code, 'file_unreadable');
  assert.equal(upload.videoId, null);
  assert.deepEqual(memory.list('ada'), []);
  server.uploads.clear();
  uploads.resume(upload);
  await until(time, over(upload));
  assert.equal(upload.state, 'done');
  await arrived(server, changed);
});

test('an empty file is refused before anything is sent', async () => {
  const { time, server, uploads } = setUp();
  const upload = uploads.add(fileOf(0));
  await until(time, over(upload));
  assert.equal(upload.error.code, 'file_empty');
  assert.equal(server.requests.length, 0);
});

test('the answer to the last part is lost: the film is told by the next one', async () => {
  const { time, server, uploads } = setUp();
  server.faults = [undefined, () => ({ afterBytes: MIB, error: true })];
  const upload = uploads.add(fileOf(MIB));
  await until(time, over(upload));
  assert.equal(upload.state, 'done');
  assert.match(upload.videoId, /^film-/);
  assert.deepEqual(server.requests.map(({ method }) => method), ['POST', 'PATCH', 'HEAD']);
});

test('an address elsewhere is none of the uploads', async () => {
  const { time, server, uploads } = setUp();
  server.faults = [given(201, '', { Location: 'https://elsewhere.test/steal', 'Upload-Offset': '0' })];
  const upload = uploads.add(fileOf(MIB));
  await until(time, over(upload));
  assert.equal(upload.state, 'failed');
  assert.equal(server.requests.length, 1);
});
