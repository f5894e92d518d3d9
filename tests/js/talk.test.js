/** Talk, queue and removal over a connection, and films that change. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartyApi } from '../../partyapp/web/static/party-client/rest.js';
import { ScheduledTimeline } from '../../partyapp/web/static/party-client/timeline.js';
import { opened } from './connection-setup.js';
import { OFFSET_MS, party, playback } from './fake-party.js';

const said = (seq, fields = {}) => ({
  seq, id: `id-${seq}`, user_id: 'u', display_name: 'Ada', text: `text ${seq}`, at_ms: OFFSET_MS, position_s: 4, video_id: 'v', ...fields,
});
const chat = (seq, fields) => ({ type: 'chat', message: said(seq, fields) });
const seqs = ({ talk }) => talk.messages.map(({ seq }) => seq);

async function talking(messages = [said(1), said(2)]) {
  const parts = await opened();
  const known = { last_seq: messages.at(-1)?.seq ?? 0, enabled: true, messages };
  parts.Sockets.last.receive({ type: 'welcome', party: party(), chat: known, queue: { items: [], queue_revision: 0, mode: 'order' } });
  return parts;
}

test('what was said before comes with the welcome, and what is said then in its order, once', async () => {
  const { connection, Sockets, of } = await talking();
  assert.deepEqual(seqs(connection), [1, 2]);
  Sockets.last.receive(chat(3));
  Sockets.last.receive(chat(3));
  Sockets.last.receive(chat(2));
  assert.deepEqual(seqs(connection), [1, 2, 3]);
  assert.deepEqual(of('chat').map(({ message }) => message.seq), [3]);
  assert.equal(connection.party.revision, 1, 'talk moves no revision');
  connection.close();
});

test('what was deleted vanishes, also while one was away', async () => {
  const { connection, Sockets } = await talking();
  Sockets.last.receive({ type: 'chat_deleted', seq: 1 });
  assert.deepEqual(seqs(connection), [2]);
  Sockets.last.receive({ type: 'welcome', party: party(), chat: { last_seq: 4, enabled: true, messages: [said(4)] } });
  assert.deepEqual(seqs(connection), [4]);
  connection.close();
});

test('two messages that cross come into their order; one that stays away is asked for by a resume', async () => {
  const { connection, Sockets, time } = await talking();
  Sockets.last.receive(chat(4));
  Sockets.last.receive(chat(3));
  assert.deepEqual(seqs(connection), [1, 2, 3, 4]);
  await time.advance(3000);
  assert.equal(connection.state, 'open');
  Sockets.last.receive(chat(6));
  await time.advance(3000);
  assert.notEqual(connection.state, 'open');
  connection.close();
});

test('what one says is acknowledged by its coming back, and said again after a reconnect under the same id', async () => {
  const { connection, Sockets, time } = await talking();
  const told = connection.talk.say('hello');
  const [sent] = Sockets.last.of('chat');
  assert.equal(sent.text, 'hello');
  Sockets.last.end(1006);
  await time.advance(2000);
  Sockets.last.welcome();
  const [again] = Sockets.last.of('chat');
  assert.equal(again.id, sent.id);
  Sockets.last.receive(chat(3, { id: sent.id }));
  assert.equal((await told).message.seq, 3);
  connection.close();
});

test('a message waits for a connection that is lost for longer than a command does, and is the same one when it is said again', async () => {
  const { connection, Sockets, time } = await talking();
  const id = '0199f000-0000-4000-8000-000000000001';
  const told = assert.rejects(connection.talk.say('hello', { id }), { code: 'timeout' });
  const wish = assert.rejects(connection.command('pause'), { code: 'timeout' });
  Sockets.last.end(1006);
  await time.advance(20_000);
  await wish;
  Sockets.last.welcome();
  assert.deepEqual(Sockets.last.of('chat').map((one) => one.id), [id]);
  assert.deepEqual(Sockets.last.of('command'), []);
  await time.advance(41_000);
  await told;
  void connection.talk.say('hello', { id }).catch(() => {});
  assert.deepEqual(Sockets.last.of('chat').map((one) => one.id), [id, id]);
  connection.close();
});

test('a refusal is the answer to what was said', async () => {
  const { connection, Sockets } = await talking();
  const told = connection.talk.say('hello');
  const [{ id }] = Sockets.last.of('chat');
  Sockets.last.receive({ type: 'error', id, problem: { status: 403, code: 'muted', title: 'Muted' } });
  await assert.rejects(told, { code: 'muted' });
  connection.close();
});

test('reactions are sent and handed on, and kept by nobody', async () => {
  const { connection, Sockets, of } = await talking();
  assert.equal(connection.talk.react('🎉'), true);
  assert.deepEqual(Sockets.last.of('react').map(({ emoji }) => emoji), ['🎉']);
  Sockets.last.receive({ type: 'reactions', counts: { '🎉': 3 }, by: ['u'] });
  assert.deepEqual(of('reactions')[0].counts, { '🎉': 3 });
  connection.close();
});

test('the newest queue counts, and a status then names its film', async () => {
  const { connection, Sockets } = await talking();
  Sockets.last.receive({ type: 'queue', items: [{ id: 'q' }], queue_revision: 3, mode: 'order' });
  Sockets.last.receive({ type: 'queue', items: [], queue_revision: 2, mode: 'order' });
  assert.deepEqual(connection.queue.items, [{ id: 'q' }]);
  connection.sendStatus({ position_s: 1, state: 'playing', revision: 1, sampled_at_ms: OFFSET_MS });
  assert.equal(Sockets.last.of('status').at(-1).video_id, 'v');
  connection.close();
});

test('a server that knows no queue is sent no film with a status', async () => {
  const { connection, Sockets } = await opened();
  connection.sendStatus({ position_s: 1, state: 'playing', revision: 1, sampled_at_ms: OFFSET_MS });
  assert.equal('video_id' in Sockets.last.of('status').at(-1), false);
  assert.equal(connection.talk.isKnown, false);
  connection.close();
});

for (const [banned, code] of [[true, 'banned'], [false, 'not_a_member']]) {
  test(`who is taken out hears whether they may come back: ${code}`, async () => {
    const { connection, Sockets, of } = await talking();
    Sockets.last.receive({ type: 'removed', banned });
    Sockets.last.end(4403);
    assert.equal(connection.state, 'closed');
    assert.equal(of('removed')[0].banned, banned);
    assert.equal(of('problem')[0].problem.code, code);
  });
}

test('a playback of the film before says nothing of where this one is', () => {
  const timeline = new ScheduledTimeline();
  const before = { ...party(), playback: playback({ revision: 4, state: 'playing', position_s: 500 }) };
  timeline.follow(before, undefined, OFFSET_MS + 1000);
  assert.equal(timeline.at(OFFSET_MS + 1000).positionS, 501);
  const video = { ...before.video, id: 'other' };
  const next = playback({ revision: 5, state: 'playing', at_ms: OFFSET_MS + 2000 });
  timeline.follow({ ...before, video, playback: next }, undefined, OFFSET_MS + 1000);
  assert.deepEqual(timeline.at(OFFSET_MS + 1000), { state: 'paused', positionS: 0, rate: 1 });
  assert.equal(timeline.at(OFFSET_MS + 3000).positionS, 1);
  timeline.follow({ ...before, video, playback: next }, { detail: { playback: before.playback } }, OFFSET_MS + 1000);
  assert.equal(timeline.at(OFFSET_MS + 1000).positionS, 0, 'nor one that was missed');
});

test('each address of rights, invites, talk and queue is the contract’s', async () => {
  const asked = [];
  const fetchImpl = async (url, { method, body }) => {
    asked.push([method, url.replace('https://party.test/api/parties/p', ''), body && JSON.parse(body)]);
    return new Response('{}', { status: 200 });
  };
  const api = new PartyApi({ baseUrl: 'https://party.test', token: 't', fetchImpl });
  await api.change('p', { wait: { for: 'everyone', grace_s: 2, limit_s: 15, budget_s: 45 } });
  await api.people.list('p', { online: true, q: 'A' });
  await api.people.setGrants('p', 'u', ['chat']);
  await api.people.remove('p', 'u', { ban: true });
  await api.people.bans('p');
  await api.people.unban('p', 'u');
  await api.people.mute('p', 'u', 60);
  await api.people.invites('p');
  await api.people.invite('p', { max_uses: 1 });
  await api.people.revokeInvite('p', 'i');
  await api.people.newInviteCode('p');
  await api.chat.list('p', { before: 9, limit: 50 });
  await api.chat.say('p', { text: 'hi' });
  await api.chat.remove('p', 3);
  await api.queue.list('p');
  await api.queue.add('p', { video_id: 'v', next: true });
  await api.queue.remove('p', 'q');
  await api.queue.move('p', 'q', null);
  await api.queue.vote('p', 'q', true);
  await api.queue.vote('p', 'q', false);
  await api.queue.next('p');
  await api.queue.show('p', { video_id: 'v', play: true });
  assert.deepEqual(asked, [
    ['PATCH', '', { wait: { for: 'everyone', grace_s: 2, limit_s: 15, budget_s: 45 } }],
    ['GET', '/members?online=true&q=A', undefined],
    ['PUT', '/members/u/grants', { grants: ['chat'] }],
    ['DELETE', '/members/u?ban=true', undefined],
    ['GET', '/bans', undefined],
    ['DELETE', '/bans/u', undefined],
    ['PUT', '/members/u/mute', { muted_s: 60 }],
    ['GET', '/invites', undefined],
    ['POST', '/invites', { max_uses: 1 }],
    ['DELETE', '/invites/i', undefined],
    ['POST', '/invite_code', {}],
    ['GET', '/chat?before=9&limit=50', undefined],
    ['POST', '/chat', { text: 'hi' }],
    ['DELETE', '/chat/3', undefined],
    ['GET', '/queue', undefined],
    ['POST', '/queue', { video_id: 'v', next: true }],
    ['DELETE', '/queue/q', undefined],
    ['POST', '/queue/q/move', { before: null }],
    ['PUT', '/queue/q/vote', undefined],
    ['DELETE', '/queue/q/vote', undefined],
    ['POST', '/next', {}],
    ['POST', '/video', { video_id: 'v', play: true }],
  ]);
});

test('a deleted one is none, wherever it is told of, and who is muted is told until when', async () => {
  const { connection, Sockets, of } = await talking([said(1), said(2, { text: '', deleted: true })]);
  assert.deepEqual(seqs(connection), [1]);
  Sockets.last.receive(chat(3, { text: '', deleted: true }));
  Sockets.last.receive(chat(4));
  assert.deepEqual(seqs(connection), [1, 4]);
  Sockets.last.receive({ type: 'muted', until_ms: OFFSET_MS + 5 });
  assert.equal(connection.talk.mutedUntilMs, OFFSET_MS + 5);
  Sockets.last.receive({ type: 'muted', until_ms: null });
  assert.equal(connection.talk.mutedUntilMs, null);
  assert.equal(of('chat').length, 1);
  connection.close();
});
