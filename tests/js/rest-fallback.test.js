/** A network that refuses WebSockets: the party is followed by REST, with the same events. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProblemError } from '../../partyapp/web/static/party-client/problem.js';
import { setUp } from './connection-setup.js';
import { OFFSET_MS, USER_ID, member, party, playback } from './fake-party.js';

/** The REST half of a server, on the test's own clock. */
class FakeRest {
  constructor() {
    Object.assign(this, { baseUrl: 'https://party.test', now: party(), log: [], calls: [], fails: null, time: null });
  }

  #call(name, ...given) {
    this.calls.push([name, ...given]);
    if (this.fails) throw this.fails;
  }

  async ticket() {
    return { ticket: 't', expires_in: 30 };
  }

  async party(id) {
    this.#call('party', id);
    return this.now;
  }

  async sync(id, report) {
    this.#call('sync', id, report);
    const at_ms = this.time.ms + OFFSET_MS;
    const { revision, playback: now } = this.now;
    return { revision, playback: now, received_ms: at_ms, server_time_ms: at_ms, drift_ms: 0 };
  }

  async events(id, { after }) {
    this.#call('events', id, after);
    return { items: this.log.filter(({ revision }) => revision > after), next_cursor: null };
  }

  async playback(id, command, key) {
    this.#call('playback', id, command, key);
    return { revision: this.plays('playback_started', { position_s: command.position_s ?? 0, state: 'playing' }) };
  }

  async leave(id) {
    this.#call('leave', id);
    this.fails = new ProblemError({ status: 403, code: 'not_a_member' });
  }

  of(name) {
    return this.calls.filter(([called]) => called === name);
  }

  happens(type, data, changes = {}) {
    const revision = this.now.revision + 1;
    const at_ms = this.time.ms + OFFSET_MS;
    this.log.push({ revision, type, at_ms, actor_id: USER_ID, data });
    this.now = { ...this.now, ...changes, revision };
    return revision;
  }

  plays(type, fields) {
    const data = { state: 'playing', position_s: 0, rate: 1, at_ms: this.time.ms + OFFSET_MS, lead_ms: 100, ...fields };
    const { lead_ms, ...vector } = data;
    const revision = this.now.revision + 1;
    return this.happens(type, data, { playback: playback({ ...vector, revision }) });
  }
}

/** A connection whose sockets are refused as often as the test leaves `refuse` on. */
function refused(how = {}) {
  const rest = new FakeRest();
  const parts = setUp({ api: rest, ...how });
  rest.time = parts.time;
  const states = () => parts.of('state').map(({ state }) => state);
  const refuse = async (times) => {
    for (let time_ = 0; time_ < times; time_ += 1) {
      const last = parts.Sockets.last;
      last.end(1006);
      while (parts.Sockets.last === last) await parts.time.advance(100);
    }
  };
  return { ...parts, rest, states, refuse };
}

async function polling(how) {
  const parts = refused(how);
  parts.connection.open();
  await parts.time.advance(0);
  await parts.refuse(2);
  await parts.time.advance(100);
  assert.equal(parts.connection.state, 'polling');
  return parts;
}

test('sockets that are refused: it follows by REST within a moment, and says so', async () => {
  const { connection, states, of, rest, time } = await polling();
  assert.equal(of('welcome').length, 1);
  assert.equal(connection.party.revision, 1);
  const errorMs = Math.abs(connection.partyTimeMs() - time.ms - OFFSET_MS);
  assert.ok(errorMs <= connection.estimate().boundMs, `${errorMs} ms`);
  assert.ok(of('clock').length >= 1);
  await time.advance(5000);
  assert.ok(rest.of('sync').length >= 5);
  assert.equal(states().filter((state) => state === 'polling').length, 1, 'attempts at a socket are not told');
  connection.close();
  const calls = rest.calls.length;
  await time.advance(5000);
  assert.equal(rest.calls.length, calls);
});

test('an upgrade that hangs: it follows by REST long before the attempt is given up', async () => {
  const { connection, time } = refused();
  connection.open();
  await time.advance(3900);
  assert.equal(connection.party, null);
  await time.advance(200);
  assert.equal(connection.state, 'polling');
  assert.equal(connection.party.revision, 1);
  connection.close();
});

test('what happens is told as a socket would tell it', async () => {
  const { connection, rest, of, time } = await polling();
  rest.plays('playback_started', { position_s: 12 });
  rest.happens('member_joined', { user_id: 'u2', display_name: 'Grace' });
  rest.happens('host_transferred', { from_user_id: USER_ID, to_user_id: 'u2', reason: 'transfer' }, { host_id: 'u2' });
  await time.advance(1100);
  assert.deepEqual(of('playback').map(({ action, by }) => [action, by]), [['play', USER_ID]]);
  assert.deepEqual(of('event').map(({ event: { type } }) => type), ['member_joined', 'host_transferred']);
  const { playback: now, members, host_id, revision } = connection.party;
  assert.deepEqual([now.state, now.position_s, host_id, revision], ['playing', 12, 'u2', 4]);
  assert.deepEqual(members.map(({ display_name, role }) => [display_name, role]), [[USER_ID, 'member'], ['Grace', 'host']]);
  rest.now = { ...rest.now, members: [member(USER_ID, { online: false }), member('u2')] };
  await time.advance(6000);
  assert.equal(connection.party.members[0].online, false);
  assert.ok(of('presence').length >= 1);
  connection.close();
});

test('a command goes by REST, once, under its own id, and its effect is there at once', async () => {
  const { connection, rest, time } = await polling();
  const answer = connection.command('play', { position_s: 5 });
  await time.advance(50);
  assert.deepEqual(await answer, { revision: 2 });
  const [[, , command, key]] = rest.of('playback');
  assert.deepEqual(command, { action: 'play', position_s: 5 });
  assert.match(key, /^[0-9a-f-]{36}$/);
  assert.equal(connection.party.playback.state, 'playing');
  assert.equal(rest.of('playback').length, 1);
  connection.close();
});

test('the report is that of the member\'s player', async () => {
  const { connection, rest, time } = await polling();
  connection.sendStatus({ position_s: 41.5, state: 'ready', revision: 1, sampled_at_ms: 0 });
  await time.advance(1100);
  const [, , report] = rest.of('sync').at(-1);
  assert.deepEqual([report.position_s, report.state, report.revision], [41.5, 'paused', 1]);
  assert.ok(report.rtt_ms >= 0);
  connection.close();
});

test('a socket that opens takes over, and the polls end', async () => {
  const { connection, Sockets, rest, states, time } = await polling();
  Sockets.last.welcome();
  await time.advance(0);
  assert.deepEqual(states().slice(-2), ['polling', 'open']);
  const calls = rest.calls.length;
  await time.advance(5000);
  assert.equal(rest.calls.length, calls);
  connection.close();
});

test('sockets are tried on, at least every half minute', async () => {
  const { connection, Sockets, time, refuse } = await polling({ random: () => 0.999 });
  await refuse(12);
  assert.equal(connection.state, 'polling');
  const before = Sockets.all.length;
  Sockets.last.end(1006);
  await time.advance(30_100);
  assert.equal(Sockets.all.length, before + 1);
  connection.close();
});

test('a socket that is lost for long, while REST works: what was missed is told', async () => {
  const { connection, Sockets, rest, of, time } = refused();
  connection.open();
  await time.advance(0);
  Sockets.last.welcome();
  Sockets.last.end(1006);
  rest.happens('member_joined', { user_id: 'u2', display_name: 'Grace' }, {
    members: [...rest.now.members, member('u2', { display_name: 'Grace' })],
  });
  await time.advance(9000);
  assert.notEqual(connection.state, 'polling', 'a restart of the service is over by then');
  await time.advance(2000);
  assert.equal(connection.state, 'polling');
  assert.deepEqual(of('event').map(({ event: { type }, replayed }) => [type, replayed]), [['member_joined', true]]);
  assert.equal(connection.party.members.length, 2);
  connection.close();
});

test('without an answer by REST either, it is not followed', async () => {
  const { connection, rest, time } = await polling();
  rest.fails = new ProblemError({ status: 0, code: 'network_error' });
  await time.advance(4500);
  assert.ok(['waiting', 'connecting'].includes(connection.state), connection.state);
  rest.fails = null;
  await time.advance(1500);
  assert.equal(connection.state, 'polling');
  connection.close();
});

test('the end of the party is the end of it', async () => {
  const { connection, rest, of, time } = await polling();
  rest.fails = new ProblemError({ status: 409, code: 'party_ended' });
  await time.advance(1100);
  assert.equal(connection.state, 'closed');
  assert.deepEqual(of('ended').map(({ reason }) => reason), ['ended']);
});

test('so is leaving it', async () => {
  const { connection, of, time } = await polling();
  const left = connection.command('leave');
  await time.advance(100);
  await left;
  assert.equal(connection.state, 'closed');
  assert.equal(of('state').at(-1).reason, 'removed');
});

test('an api that knows only tickets is tried again as before', async () => {
  const { connection, time } = setUp();
  connection.open();
  await time.advance(30_000);
  assert.notEqual(connection.state, 'polling');
  connection.close();
});

test('talk and queue are followed and written by REST, and what was deleted vanishes', async () => {
  const { connection, rest, time, of } = await polling();
  const said = [];
  const say = (text, id = `id-${said.length + 1}`) => {
    const message = { seq: said.length + 1, id, user_id: USER_ID, display_name: 'Ada', text, at_ms: OFFSET_MS, position_s: 0, video_id: 'v' };
    said.push(message);
    return message;
  };
  rest.chat = {
    list: async (_id, { after, before = Infinity }) => ({ items: said.filter((one) => one.text !== 'gone' && one.seq > (after ?? 0) && one.seq < before) }),
    say: async (_id, { id, text }) => say(text, id),
  };
  rest.queue = { list: async () => ({ items: [{ id: 'q' }], queue_revision: 1, mode: 'order' }) };
  say('first');
  await time.advance(6000);
  assert.deepEqual(connection.talk.messages.map(({ text }) => text), ['first']);
  assert.equal(connection.queue.items[0].id, 'q');
  say('second');
  await time.advance(2000);
  assert.deepEqual(connection.talk.messages.map(({ text }) => text), ['first', 'second']);
  const told = connection.talk.say('mine');
  await time.advance(0);
  assert.equal((await told).message.text, 'mine');
  said[0].text = 'gone';
  await time.advance(6000);
  assert.deepEqual(connection.talk.messages.map(({ text }) => text), ['second', 'mine']);
  assert.equal(of('chat').length, 3);
  connection.close();
});

test('a party that was restored is taken as it is, whatever was known of it', async () => {
  const { connection, rest, time, of } = await polling();
  const before = rest.now;
  rest.plays('playback_started', { position_s: 5 });
  rest.plays('playback_started', { position_s: 9 });
  await time.advance(3000);
  assert.equal(connection.party.revision, before.revision + 2);
  rest.now = before;
  rest.log = [];
  const welcomes = of('welcome').length;
  await time.advance(3000);
  assert.equal(of('welcome').length, welcomes + 1, 'once');
  assert.deepEqual(connection.party.playback, before.playback);
  rest.plays('playback_started', { position_s: 7 });
  await time.advance(3000);
  assert.equal(connection.party.playback.position_s, 7);
  connection.close();
});
