import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProblemError } from '../../partyapp/web/static/party-client/problem.js';
import { TokenSource } from '../../partyapp/web/static/party-client/token-source.js';
import { opened } from './connection-setup.js';
import { VirtualTime } from './virtual-time.js';

const problem = (status) => new ProblemError({ status, code: 'x', title: 'x' });

/** A source whose renewals give prepared answers: a number is a status that refuses, else a token is made. */
function source({ answers = [], random = () => 0.5, lifeS = 100 } = {}) {
  const time = new VirtualTime();
  const renewedAt = [];
  const fresh = [];
  const refused = [];
  const renew = async () => {
    renewedAt.push(time.now());
    const answer = answers.shift();
    if (typeof answer === 'number') throw problem(answer);
    return { access_token: `t${renewedAt.length}`, token_type: 'Bearer', expires_in: lifeS, user: { id: 'u', display_name: 'Ada' } };
  };
  const tokens = new TokenSource({ renew, scheduler: time.scheduler, random });
  tokens.addEventListener('token', ({ detail }) => fresh.push(detail));
  tokens.addEventListener('refused', ({ detail }) => refused.push(detail.status));
  const startMs = time.now();
  const signIn = () => tokens.adopt({ access_token: 't0', token_type: 'Bearer', expires_in: lifeS, user: { id: 'u', display_name: 'Ada' } });
  return { time, tokens, renewedAt, fresh, refused, signIn, startMs };
}

test('a token is renewed before it ends, again and again, and each is dispatched', async () => {
  const { time, tokens, renewedAt, fresh, signIn, startMs } = source();
  signIn();
  await time.advance(220_000);
  assert.deepEqual(renewedAt.map((atMs) => atMs - startMs), [70_000, 140_000, 210_000]);
  assert.deepEqual(fresh, ['t0', 't1', 't2', 't3']);
  assert.equal(tokens.token, 't3');
});

test('clients renew at different moments', async () => {
  for (const [random, expected] of [[0, 60_000], [0.999, 79_980]]) {
    const { time, renewedAt, signIn, startMs } = source({ random: () => random });
    signIn();
    await time.advance(79_990);
    assert.ok(Math.abs(renewedAt[0] - startMs - expected) < 1);
  }
});

test('a failure that may pass is tried again with pauses, and one that does not is told once', async () => {
  const { time, tokens, renewedAt, refused, signIn } = source({ answers: [0, 503, 429] });
  signIn();
  await time.advance(90_000);
  assert.equal(renewedAt.length, 4);
  assert.equal(tokens.token, 't4');
  const ended = source({ answers: [401] });
  ended.signIn();
  await ended.time.advance(1_000_000);
  assert.equal(ended.renewedAt.length, 1);
  assert.deepEqual([refused, ended.refused], [[], [401]]);
});

test('renewals have a limit', async () => {
  const { time, renewedAt, refused, signIn } = source({ answers: Array(100).fill(503) });
  signIn();
  await time.advance(10_000_000);
  assert.equal(renewedAt.length, 30);
  assert.deepEqual(refused, [503]);
});

test('who asks at the same time shares one renewal', async () => {
  const { tokens, renewedAt, signIn } = source();
  signIn();
  const [one, other] = await Promise.all([tokens.renewNow(), tokens.renewNow()]);
  assert.equal(one, other);
  assert.equal(renewedAt.length, 1);
  assert.equal(await tokens.replaced('t0'), true);
  assert.equal(renewedAt.length, 1);
});

test('a token that was signed out is renewed no more', async () => {
  const { time, tokens, renewedAt, signIn } = source();
  signIn();
  tokens.token = null;
  await time.advance(1_000_000);
  assert.equal(renewedAt.length, 0);
  assert.equal(await tokens.replaced('t0'), false);
});

test('a renewal that comes back after another sign-in changes nothing', async () => {
  const { tokens, signIn } = source();
  signIn();
  const renewal = tokens.renewNow();
  tokens.token = 'of somebody else';
  await renewal;
  assert.equal(tokens.token, 'of somebody else');
});

class Tokens extends EventTarget {
  token = 'first';

  fresh(token) {
    this.token = token;
    this.dispatchEvent(new CustomEvent('token', { detail: token }));
  }
}

const renewals = (socket) => socket.sent.filter(({ type }) => type === 'renew').map((message) => message.access_token);

test('a fresh token is handed to the open socket, once, and to the next one only if it is newer', async () => {
  const tokens = new Tokens();
  const api = { baseUrl: 'https://party.test', ticket: async () => ({ ticket: 't' }), tokens };
  const { time, Sockets, connection } = await opened({ api });
  const socket = Sockets.last;
  assert.deepEqual(renewals(socket), []);
  tokens.fresh('second');
  tokens.fresh('second');
  assert.deepEqual(renewals(socket), ['second']);
  assert.equal(connection.state, 'open');
  connection.close();
  tokens.fresh('third');
  assert.deepEqual(renewals(socket), ['second']);
  connection.open();
  await time.advance(0);
  tokens.fresh('fourth');
  Sockets.last.welcome();
  await time.advance(0);
  assert.deepEqual(renewals(Sockets.last), ['fourth']);
});
