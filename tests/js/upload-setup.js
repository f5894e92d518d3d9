/** Uploads against a fake tus server, in virtual time. */
import assert from 'node:assert/strict';
import { PartyApi } from '../../partyapp/web/static/party-client/rest.js';
import { UploadMemory } from '../../partyapp/web/static/party-client/upload-memory.js';
import { Uploads } from '../../partyapp/web/static/party-client/uploads.js';
import { FakeTus } from './fake-tus.js';
import { VirtualTime, settle } from './virtual-time.js';

export const MIB = 2 ** 20;

/** `kept` holds what the browser remembers from one opening of the page to the next. */
export function setUp({ time = new VirtualTime(), server = new FakeTus(time), kept = {}, person = 'ada', ...more } = {}) {
  const memory = new UploadMemory({
    load: () => kept.text ?? null, save: (text) => void (kept.text = text), wallNow: time.wallNow,
  });
  const renewals = [];
  const api = new PartyApi({
    baseUrl: 'https://party.test', token: 'secret', scheduler: time.scheduler,
    fetchImpl: async (url) => {
      renewals.push(url);
      server.token = 'fresh';
      const user = { id: person, display_name: 'Ada' };
      return new Response(JSON.stringify({ access_token: 'fresh', token_type: 'Bearer', expires_in: 0, user }));
    },
  });
  const windowTarget = new EventTarget();
  const uploads = new Uploads({
    api, person, memory, transport: server.transport, scheduler: time.scheduler, now: time.now, random: () => 0.5,
    windowTarget, isOnline: () => true, ...more,
  });
  return { time, server, kept, memory, uploads, windowTarget, renewals, api };
}

/** Lets time pass until it holds; what is read of a file settles outside of virtual time. */
export async function until(time, holds, limitMs = 3_600_000) {
  for (let passed = 0; !holds(); passed += 50) {
    if (passed > limitMs) throw new Error('it never came to pass');
    await time.advance(50);
    await new Promise((resolve) => { setImmediate(resolve); });
    await settle();
  }
}

export const over = (upload) => () => ['done', 'failed', 'cancelled'].includes(upload.state);

/** The one upload on the server is this file, byte for byte. */
export async function arrived(server, file) {
  const [upload] = server.uploads.values();
  assert.equal(upload.offset, file.size);
  assert.ok(Buffer.from(await file.arrayBuffer()).equals(Buffer.from(upload.bytes)));
}
