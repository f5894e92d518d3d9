/** The films' half of the REST contract. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartyApi } from '../../partyapp/web/static/party-client/rest.js';

function backend(answer) {
  const asked = [];
  const fetchImpl = async (url, init) => {
    asked.push([init.method, url.slice('https://party.test'.length), init.body && JSON.parse(init.body)]);
    const { status = 200, body = {} } = answer;
    return new Response(status === 204 ? null : JSON.stringify(body), { status });
  };
  return { asked, films: new PartyApi({ baseUrl: 'https://party.test', token: 't', fetchImpl }).films };
}

test('each call goes where the contract says', async () => {
  const { asked, films } = backend({});
  await films.list({ q: 'the film', kind: 'library', limit: 5, cursor: undefined });
  await films.get('a/b');
  await films.add({ title: 'A', playback_url: 'https://x.test/a.mp4' });
  await films.change('v', { title: 'B' });
  await films.remove('v');
  await films.prepare('v');
  assert.deepEqual(asked, [
    ['GET', '/api/videos?q=the+film&kind=library&limit=5', undefined],
    ['GET', '/api/videos/a%2Fb', undefined],
    ['POST', '/api/videos', { title: 'A', playback_url: 'https://x.test/a.mp4' }],
    ['PATCH', '/api/videos/v', { title: 'B' }],
    ['DELETE', '/api/videos/v', undefined],
    ['POST', '/api/videos/v/prepare', {}],
  ]);
});

test('to prepare is accepted, and nobody waits for its outcome', async () => {
  const { asked, films } = backend({ status: 202 });
  await films.prepare('v');
  assert.equal(asked.length, 1);
});

test('a film that is gone already was removed; one in use is not', async () => {
  assert.equal(await backend({ status: 404, body: { status: 404, code: 'not_found' } }).films.remove('v'), null);
  const inUse = backend({ status: 409, body: { status: 409, code: 'video_in_use' } });
  await assert.rejects(inUse.films.remove('v'), { code: 'video_in_use' });
});
