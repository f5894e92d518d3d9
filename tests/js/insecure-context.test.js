/**
 * Plain http at an address of the home network is no secure context (W3C Secure Contexts): browsers leave out a part
 * of their interfaces there. Client and page work without it, and no global is patched in its place.
 */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { beforeEach, test } from 'node:test';
import { copyField } from '../../partyapp/web/static/page/clipboard.js';
import { deviceId } from '../../partyapp/web/static/page/storage.js';
import { keepAwake, renewWakeLock } from '../../partyapp/web/static/page/wake-lock.js';
import { PartyApi } from '../../partyapp/web/static/party-client/index.js';
import { opened } from './connection-setup.js';

const STATIC = new URL('../../partyapp/web/static/', import.meta.url);
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** What is missing outside of a secure context, and the one module that may name it: the one that does without. */
const SECURE_ONLY = {
  'randomUUID': 'party-client/uuid.js', 'navigator\\.clipboard': 'page/clipboard.js',
  'crypto\\.subtle': null, 'serviceWorker': null, 'wakeLock': 'page/wake-lock.js', 'mediaDevices': null, 'navigator\\.storage': null,
  'navigator\\.locks': null, '\\bcaches\\b': null, 'SharedArrayBuffer': null, 'cookieStore': null, 'Notification\\b': null,
  'PushManager': null, 'navigator\\.share': null, 'navigator\\.credentials': null, 'navigator\\.gpu': null,
};

/** An assignment to something that belongs to the browser. */
const PATCH = /\b(?:crypto|globalThis|window|self|navigator|performance)(?:\.\w+|\[[^\]]+\])\s*(?:\?\?|\|\||&&)?=(?![=>])|\.prototype(?:\.\w+|\[[^\]]+\])\s*(?:\?\?|\|\|)?=(?!=)/;

function sources() {
  const files = readdirSync(STATIC, { recursive: true }).filter((name) => name.endsWith('.js'));
  assert.ok(files.length > 50, `${files.length}`);
  return files.map((name) => ({ name, code: withoutComments(readFileSync(new URL(name, STATIC), 'utf8')) }));
}

const withoutComments = (code) => code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');

beforeEach((t) => {
  // Own properties hide the prototype's, until they are deleted.
  for (const name of ['randomUUID', 'subtle']) Object.defineProperty(crypto, name, { value: undefined, configurable: true });
  Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  t.after(() => {
    for (const name of ['randomUUID', 'subtle']) delete crypto[name];
    delete globalThis.navigator;
  });
});

for (const [name, module] of Object.entries(SECURE_ONLY)) {
  test(`${name}: ${module ?? 'no module'} relies on it`, () => {
    const users = sources().filter(({ code }) => new RegExp(name).test(code)).map((one) => one.name);
    assert.deepEqual(users, module ? [module] : []);
  });
}

test('without a lock the screen may sleep, and nothing fails', () => {
  keepAwake(true);
  renewWakeLock(true);
  keepAwake(false);
});

test('no global is patched', () => {
  assert.match('crypto.randomUUID ??= randomUuid;', PATCH);
  for (const { name, code } of sources()) assert.doesNotMatch(code, PATCH, name);
});

test('a POST has its Idempotency-Key, and a command its id', async () => {
  const keys = [];
  const fetchImpl = async (_url, { headers }) => {
    keys.push(headers['Idempotency-Key']);
    return new Response('{}', { status: 201 });
  };
  await new PartyApi({ baseUrl: 'http://192.0.2.7:8000', fetchImpl }).guest('Ada');
  assert.match(keys[0], UUID_V4);
  const { connection, Sockets } = await opened();
  connection.command('play').catch(() => {});
  assert.match(Sockets.last.of('command')[0].id, UUID_V4);
  connection.close();
});

test('a tab has a device id', () => {
  globalThis.window = {};
  assert.match(deviceId(), UUID_V4);
  delete globalThis.window;
});

/** An invite link's field, and what `execCommand` answers. */
function field(answer) {
  const done = [];
  globalThis.document = {
    execCommand(command) {
      done.push(command);
      return typeof answer === 'function' ? answer() : answer;
    },
  };
  return { value: 'http://192.0.2.7:8000/p/1', select: () => done.push('select'), done };
}

test('a link is copied without a clipboard, by the older way', async () => {
  const link = field(true);
  assert.equal(await copyField(link), true);
  assert.deepEqual(link.done, ['select', 'copy']);
});

test('where a clipboard is there but refuses, the older way is tried too', async () => {
  navigator.clipboard = { writeText: async () => { throw new Error('NotAllowedError'); } };
  assert.equal(await copyField(field(true)), true);
});

test('what can not be copied is left selected, and nothing is thrown', async () => {
  for (const answer of [false, () => { throw new Error('gone'); }]) {
    const link = field(answer);
    assert.equal(await copyField(link), false);
    assert.equal(link.done[0], 'select');
  }
});

test('a clipboard that is there is used', async () => {
  const copied = [];
  navigator.clipboard = { writeText: async (text) => void copied.push(text) };
  const link = field(false);
  assert.equal(await copyField(link), true);
  assert.deepEqual(copied, [link.value]);
});
