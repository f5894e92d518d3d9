import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readerOf } from '../../partyapp/web/static/party-client/own-addresses.js';
import { PartyApi } from '../../partyapp/web/static/party-client/rest.js';

const PUBLIC = 'https://watch.example/party';
const HOME = 'http://192.0.2.7:8000/party';
const VIDEO = { playback_url: `${PUBLIC}/media/g/v/1/film.mp4`, title: `see "${PUBLIC}/media/g"`, url: `${PUBLIC}/p/1` };

test('files of a backend that is reached elsewhere are read from where it is reached', () => {
  const read = readerOf(HOME, PUBLIC)(JSON.stringify(VIDEO));
  assert.deepEqual(read, { ...VIDEO, playback_url: `${HOME}/media/g/v/1/film.mp4` });
});

test('where it is reached by the address that it gives itself, nothing is changed', () => {
  assert.deepEqual(readerOf(PUBLIC, PUBLIC)(JSON.stringify(VIDEO)), VIDEO);
  assert.deepEqual(readerOf(HOME, null)(JSON.stringify(VIDEO)), VIDEO);
});

test('a page of another origin gets whole addresses; what people write stays as it is', () => {
  const said = { text: '/media/g/v/1/film.mp4', title: '/media/x', playback_url: '/media/g/v/1/film.mp4' };
  const read = readerOf(HOME, null, 'https://films.example')(JSON.stringify(said));
  assert.deepEqual(read, { ...said, playback_url: `${HOME}/media/g/v/1/film.mp4` });
  assert.deepEqual(readerOf(HOME, null, 'http://192.0.2.7:8000')(JSON.stringify(said)), said);
  const quoted = { text: `${PUBLIC}/media/g`, sources: [{ url: `${PUBLIC}/media/s.mp4` }], url: null };
  const moved = { ...quoted, sources: [{ url: `${HOME}/media/s.mp4` }] };
  assert.deepEqual(readerOf(HOME, PUBLIC, 'http://192.0.2.7:8000')(JSON.stringify(quoted)), moved);
});

test("a PartyApi reads its backend's answers so", async () => {
  const fetchImpl = async () => new Response(JSON.stringify({ items: [VIDEO], next_cursor: null }));
  const api = new PartyApi({ baseUrl: HOME, publicUrl: PUBLIC, token: 't', fetchImpl });
  const { items } = await api.films.list();
  assert.equal(items[0].playback_url, `${HOME}/media/g/v/1/film.mp4`);
});
