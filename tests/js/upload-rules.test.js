/** The rules of uploads by themselves: what follows an answer, the size of parts, the speed, what is remembered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProblemError } from '../../partyapp/web/static/party-client/problem.js';
import { TransferRate } from '../../partyapp/web/static/party-client/transfer-rate.js';
import { UploadMemory } from '../../partyapp/web/static/party-client/upload-memory.js';
import { PartSize, nextUploadStep, uploadPath } from '../../partyapp/web/static/party-client/upload-rules.js';

const MIB = 2 ** 20;

test('what follows an answer', () => {
  const table = [
    ['POST', 0, 'later'], ['POST', 503, 'later'], ['POST', 413, 'fail'], ['POST', 409, 'fail'], ['POST', 404, 'fail'],
    ['HEAD', 423, 'ask'], ['HEAD', 500, 'later'], ['HEAD', 404, 'anew'], ['HEAD', 410, 'anew'], ['HEAD', 403, 'anew'],
    ['PATCH', 409, 'ask'], ['PATCH', 423, 'ask'], ['PATCH', 460, 'ask'], ['PATCH', 503, 'later'],
    ['PATCH', 429, 'later'], ['PATCH', 413, 'smaller'], ['PATCH', 507, 'fail'], ['PATCH', 415, 'fail'],
    ['PATCH', 401, 'fail'],
  ];
  for (const [method, status, step] of table) {
    assert.equal(nextUploadStep(method, new ProblemError({ status, code: 'x' })), step, `${method} ${status}`);
  }
  assert.equal(nextUploadStep('PATCH', new ProblemError({ status: 409, code: 'quota_exceeded' })), 'fail');
  assert.equal(nextUploadStep('PATCH', ProblemError.from(new TypeError('a fault of ours'))), 'fail');
});

test('parts grow with the speed, from 8 to 64 MiB', () => {
  const size = new PartSize();
  assert.equal(size.bytes, 8 * MIB);
  size.arrived(8 * MIB, 100);
  assert.equal(size.bytes, 16 * MIB);
  for (let part = 0; part < 5; part += 1) size.arrived(size.bytes, 100);
  assert.equal(size.bytes, 64 * MIB);
  size.arrived(64 * MIB, 400_000);
  assert.equal(size.bytes, 8 * MIB);
});

test('parts that get lost are halved, and grow back as they arrive; a refused size is never tried again', () => {
  const size = new PartSize();
  for (const mib of [4, 2, 1, 0.5, 0.25, 0.25]) {
    size.lost();
    assert.equal(size.bytes, mib * MIB);
  }
  size.arrived(MIB / 4, 1000);
  assert.equal(size.bytes, MIB / 2);
  const bounded = new PartSize();
  assert.equal(bounded.refused(), true);
  for (let part = 0; part < 9; part += 1) bounded.arrived(bounded.bytes, 1);
  assert.equal(bounded.bytes, 2 * MIB);
  bounded.refused();
  assert.equal(bounded.refused(), true);
  assert.equal(bounded.refused(), false);
});

test('an address is taken for its path, and for that of an upload alone', () => {
  const base = 'https://party.test';
  assert.equal(uploadPath('/api/uploads/a-1', base), '/api/uploads/a-1');
  assert.equal(uploadPath('http://inner:8000/api/uploads/a-1', base), '/api/uploads/a-1');
  assert.equal(uploadPath('/sub/api/uploads/a-1', `${base}/sub`), '/api/uploads/a-1');
  for (const wrong of [null, '', '/api/videos/a', '/api/uploads/', '/api/uploads/a/../b/c', 'https://[/']) {
    assert.equal(uploadPath(wrong, base), null, String(wrong));
  }
});

test('a speed is smoothed, and a pause is not counted', () => {
  const rate = new TransferRate();
  rate.sample(0, 0);
  rate.sample(1000, 1000);
  assert.equal(rate.perSecond, null, 'too early to say');
  rate.sample(2000, 2000);
  assert.ok(Math.abs(rate.perSecond - 1000) < 60);
  rate.pause();
  rate.sample(2000, 60_000);
  rate.sample(3000, 61_000);
  assert.ok(Math.abs(rate.perSecond - 1000) < 60);
  rate.sample(2500, 62_000);
  assert.ok(rate.perSecond > 0, 'a step back is none of the speed');
  for (let s = 1; s <= 40; s += 1) rate.sample(2500 + 100 * s, 62_000 + 1000 * s);
  assert.ok(Math.abs(rate.perSecond - 100) < 20);
  assert.ok(Math.abs(rate.leftS(1000) - 10) < 2);
});

test('what was begun is remembered by person and file, for as long as the server keeps it', () => {
  let text = null;
  let wall = 1000;
  const memory = new UploadMemory({ load: () => text, save: (next) => { text = next; }, wallNow: () => wall });
  const one = { person: 'ada', key: 'k', path: '/api/uploads/1', name: 'a', size: 9, sent: 0 };
  memory.keep(one);
  memory.keep({ ...one, sent: 5 });
  memory.keep({ ...one, person: 'ben', expiresMs: 5000 });
  assert.deepEqual(memory.list('ada').map(({ sent }) => sent), [5]);
  assert.equal(memory.find('ben', 'k').path, '/api/uploads/1');
  wall = 5000;
  assert.deepEqual(memory.list('ben'), []);
  memory.forget('ada', 'k');
  assert.deepEqual(memory.list('ada'), []);
  for (const broken of ['{', '{}', '[null, {"person": "ada"}]', 'null']) {
    text = broken;
    assert.deepEqual(memory.list('ada'), [], broken);
  }
  for (let number = 0; number < 60; number += 1) memory.keep({ ...one, key: String(number) });
  assert.equal(memory.list('ada').length, 40);
});
