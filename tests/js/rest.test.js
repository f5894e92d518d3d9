import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProblemError } from '../../partyapp/web/static/party-client/problem.js';
import { PartyApi } from '../../partyapp/web/static/party-client/rest.js';
import { VirtualTime } from './virtual-time.js';

const PROBLEM = { 'Content-Type': 'application/problem+json' };

/** A fetch that gives prepared answers, one a call, and remembers what was asked. */
function backend(...answers) {
  const asked = [];
  const fetchImpl = async (url, init) => {
    asked.push({ url, ...init, body: init.body && JSON.parse(init.body) });
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    if (answer instanceof Error) throw answer;
    const { status = 200, body = null, headers = {} } = answer;
    return new Response(body === null ? null : typeof body === 'string' ? body : JSON.stringify(body), { status, headers });
  };
  const time = new VirtualTime();
  const api = new PartyApi({
    baseUrl: 'https://party.test/', token: 'secret', fetchImpl, scheduler: time.scheduler, random: () => 0.5,
  });
  return { api, asked, time };
}

test('a guest sign-in keeps the token for what follows', async () => {
  const user = { id: 'u', display_name: 'Ada' };
  const { api, asked } = backend({ status: 201, body: { access_token: 'fresh', user } }, { body: user });
  api.token = null;
  await api.guest('Ada');
  await api.me();
  assert.equal(asked[0].headers.Authorization, undefined);
  assert.deepEqual(asked[0].body, { display_name: 'Ada' });
  assert.equal(asked[1].headers.Authorization, 'Bearer fresh');
});

test('each call goes where the contract says', async () => {
  const { api, asked } = backend({ body: {} });
  await api.videos({ limit: 5, cursor: 'a b' });
  await api.createParty({ video_id: 'v', visibility: 'public' });
  await api.parties();
  await api.parties({ state: 'all', limit: 7, cursor: 'c/d' });
  await api.party('p');
  await api.join('p', 'code');
  await api.join('p');
  await api.leave('p');
  await api.end('p');
  await api.transfer('p', 'u2');
  await api.ticket('p');
  const base = 'https://party.test/api';
  assert.deepEqual(asked.map(({ method, url, body }) => [method, url.slice(base.length), body]), [
    ['GET', '/videos?limit=5&cursor=a+b', undefined],
    ['POST', '/parties', { video_id: 'v', visibility: 'public' }],
    ['GET', '/parties', undefined],
    ['GET', '/parties?state=all&limit=7&cursor=c%2Fd', undefined],
    ['GET', '/parties/p', undefined],
    ['POST', '/parties/p/join', { invite_code: 'code' }],
    ['POST', '/parties/p/join', {}],
    ['POST', '/parties/p/leave', {}],
    ['DELETE', '/parties/p', undefined],
    ['POST', '/parties/p/transfer', { user_id: 'u2' }],
    ['POST', '/parties/p/ticket', {}],
  ]);
  const keys = asked.filter(({ method }) => method === 'POST').map(({ headers }) => headers['Idempotency-Key']);
  assert.equal(new Set(keys).size, keys.length);
  assert.ok(keys.every((key) => /^[0-9a-f-]{36}$/.test(key)));
});

test('a preview is asked for with the invite in a header, whatever the link holds', async () => {
  const { api, asked } = backend({ body: {} });
  for (const code of ['aZ0_-', undefined, 'ключ\n']) await api.preview('p', code);
  assert.deepEqual(asked.map(({ url }) => url), Array(3).fill('https://party.test/api/parties/p/preview'));
  const sent = asked.map(({ headers }) => headers['Party-Invite']);
  assert.deepEqual(sent, ['aZ0_-', undefined, '%D0%BA%D0%BB%D1%8E%D1%87%0A']);
});

test('a POST is sent again after a network failure and a 503, with the same key', async () => {
  const { api, asked, time } = backend(new TypeError('fetch failed'), { status: 503 }, { status: 201, body: { id: 'p' } });
  const party = api.createParty({ video_id: 'v' });
  await time.advance(5000);
  assert.deepEqual(await party, { id: 'p' });
  assert.equal(new Set(asked.map(({ headers }) => headers['Idempotency-Key'])).size, 1);
});

test('Retry-After is honoured', async () => {
  const { api, asked, time } = backend({ status: 503, headers: { 'Retry-After': '4' } }, { body: { id: 'u' } });
  const me = api.me();
  await time.advance(3900);
  assert.equal(asked.length, 1);
  await time.advance(1000);
  assert.equal(asked.length, 2);
  await me;
});

test('the retries are bounded, and an all too long Retry-After is an error at once', async () => {
  const { api, asked, time } = backend(new TypeError('fetch failed'));
  const failed = assert.rejects(api.me(), (error) => error instanceof ProblemError && error.code === 'network_error');
  await time.advance(120_000);
  await failed;
  assert.equal(asked.length, 5);

  const patient = backend({ status: 503, headers: { 'Retry-After': '600' } });
  await assert.rejects(patient.api.me(), (error) => error.code === 'unavailable' && error.retryAfterMs === 600_000);
  assert.equal(patient.asked.length, 1);
});

test('a server that never answers is a network error', async () => {
  const time = new VirtualTime();
  const fetchImpl = (_url, { signal }) => new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  const api = new PartyApi({ baseUrl: 'https://party.test', fetchImpl, scheduler: time.scheduler });
  const failed = assert.rejects(api.ticket('p'), { code: 'network_error' });
  await time.advance(60_000);
  await failed;
});

test('a problem becomes a ProblemError with all its parts', async () => {
  const body = {
    type: 'about:blank', title: 'Invalid', status: 422, detail: 'Look at the fields.', code: 'validation_failed',
    errors: { title: ['Too long.'] },
  };
  const { api, asked } = backend({ status: 422, body, headers: PROBLEM });
  await assert.rejects(api.createParty({ video_id: 'v' }), (error) => {
    assert.ok(error instanceof ProblemError);
    const { status, code, title, detail, errors, message } = error;
    assert.deepEqual({ status, code, title, detail, errors, message }, {
      status: 422, code: 'validation_failed', title: 'Invalid', detail: 'Look at the fields.',
      errors: { title: ['Too long.'] }, message: 'Look at the fields.',
    });
    return true;
  });
  assert.equal(asked.length, 1);
});

test('a proxy that answers in HTML is known by its status', async () => {
  const { api } = backend({ status: 413, body: '<html>too large</html>' });
  await assert.rejects(api.me(), { status: 413, code: 'payload_too_large' });
});

test('a 202 is followed until the outcome is known', async () => {
  const location = { Location: '/api/commands/0190-c' };
  const { api, asked, time } = backend(
    { status: 202, headers: location }, { body: { state: 'pending' } }, { body: { state: 'pending' } },
    { body: { state: 'succeeded', result: { member: { user_id: 'u' } } } },
  );
  const joined = api.join('p');
  await time.advance(5000);
  assert.deepEqual(await joined, { member: { user_id: 'u' } });
  assert.deepEqual(asked.slice(1).map(({ method, url }) => [method, url]),
    Array(3).fill(['GET', 'https://party.test/api/commands/0190-c']));
});

test('a failed outcome is thrown as its problem, and the command is not given again', async () => {
  const problem = { status: 503, code: 'unavailable', title: 'Later' };
  const { api, asked, time } = backend(
    { status: 202, headers: { Location: 'https://party.test/api/commands/c' } }, { body: { state: 'failed', problem } },
  );
  const failed = assert.rejects(api.leave('p'), { code: 'unavailable', status: 503 });
  await time.advance(60_000);
  await failed;
  assert.equal(asked.filter(({ method }) => method === 'POST').length, 1);
});

test('an outcome that never comes is a timeout', async () => {
  const { api, time } = backend({ status: 202, headers: { Location: '/api/commands/c' } }, { body: { state: 'pending' } });
  const failed = assert.rejects(api.leave('p'), { code: 'timeout' });
  await time.advance(60_000);
  await failed;
});

test('the token is sent to no other Location', async () => {
  for (const Location of ['https://evil.test/api/commands/c', '/api/auth/me', '//evil.test/api/commands/c', undefined]) {
    const { api, asked, time } = backend({ status: 202, headers: Location ? { Location } : {} }, { body: { state: 'succeeded' } });
    const failed = assert.rejects(api.leave('p'), ProblemError);
    await time.advance(60_000);
    await failed;
    assert.equal(asked.length, 1);
  }
});

test('an error of our own is no network error, and is not tried again', async () => {
  const broken = backend({ body: {} });
  broken.api.token = 'no\nheader';
  await assert.rejects(broken.api.me(), (error) => error instanceof ProblemError && error.code === 'client_error');
  assert.equal(broken.asked.length, 0);
  const circular = {};
  circular.self = circular;
  await assert.rejects(broken.api.createParty(circular), { code: 'client_error' });
});

test('an answer that is no JSON, as of a sign-in page in between, is a network error', async () => {
  const { api, asked, time } = backend({ body: '<html>Welcome to our Wi-Fi</html>' });
  const failed = assert.rejects(api.me(), { code: 'network_error' });
  await time.advance(120_000);
  await failed;
  assert.equal(asked.length, 5);
});

test('a token that ended is renewed once, and the request is sent again under the same key', async () => {
  const expired = { status: 401, headers: PROBLEM, body: { status: 401, code: 'unauthenticated' } };
  const renewed = { body: { access_token: 'fresh', expires_in: 60, user: { id: 'u', display_name: 'Ada' } } };
  const { api, asked } = backend(expired, renewed, { status: 204 });
  await api.leave('p');
  const path = ({ url }) => url.slice('https://party.test'.length);
  assert.deepEqual(asked.map(path), ['/api/parties/p/leave', '/api/auth/renew', '/api/parties/p/leave']);
  assert.deepEqual(asked.map(({ headers }) => headers.Authorization), ['Bearer secret', 'Bearer secret', 'Bearer fresh']);
  assert.equal(asked[0].headers['Idempotency-Key'], asked[2].headers['Idempotency-Key']);
  assert.equal(api.token, 'fresh');
});

test('a token that can not be renewed is a 401, and no request is sent for ever', async () => {
  const expired = { status: 401, headers: PROBLEM, body: { status: 401, code: 'unauthenticated' } };
  const { api, asked } = backend(expired);
  await assert.rejects(api.me(), { status: 401 });
  assert.equal(asked.length, 2);
  api.token = null;
  await assert.rejects(api.me(), { status: 401 });
  assert.equal(asked.length, 3);
});

test('a name, a device and the end of a session', async () => {
  const user = { id: 'u', display_name: 'Ada' };
  const { api, asked } = backend({ body: { access_token: 'fresh', expires_in: 60, user } });
  await api.rename('Ada');
  assert.equal(api.token, 'fresh');
  await api.deviceCode();
  await api.signInDevice('BCDF-GHJK');
  await api.signOut();
  assert.equal(api.token, null);
  api.token = 'again';
  await api.signOut({ everywhere: true });
  assert.deepEqual(asked.map(({ method, url, body }) => [method, url.slice('https://party.test'.length), body]), [
    ['PATCH', '/api/auth/me', { display_name: 'Ada' }],
    ['POST', '/api/auth/device-code', {}],
    ['POST', '/api/auth/device', { code: 'BCDF-GHJK' }],
    ['DELETE', '/api/auth/session', undefined],
    ['DELETE', '/api/auth/session?everywhere=true', undefined],
  ]);
});
