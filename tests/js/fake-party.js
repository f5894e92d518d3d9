/** A party as the server would show it, and a fake WebSocket that a test plays the server on. */

export const USER_ID = '0190a1b2-0000-7000-8000-00000000000a';
export const PARTY_ID = '0190a1b2-0000-7000-8000-0000000000ff';
/** Party time minus member clock, in the tests that need one. */
export const OFFSET_MS = 1_700_000_000_000;

export function playback(fields = {}) {
  return { state: 'paused', position_s: 0, rate: 1, at_ms: OFFSET_MS, revision: 1, ...fields };
}

export function member(user_id, fields = {}) {
  return { user_id, display_name: user_id, role: 'member', joined_at_ms: OFFSET_MS, online: true, sync: null, ...fields };
}

export function party(fields = {}) {
  return {
    id: PARTY_ID, title: 'Night', host_id: USER_ID, visibility: 'private', control: 'host', max_members: 50,
    video: { id: 'v', title: 'Film', duration_s: 600, playback_url: '/film.mp4', transcode_job: null },
    state: 'active', created_at_ms: OFFSET_MS, ended_at_ms: null, revision: 1, lead_ms: 100,
    playback: playback(), members: [member(USER_ID, { role: 'host' })], invite_code: 'abc', ...fields,
  };
}

export function welcome(fields = {}) {
  return {
    type: 'welcome', protocol: 'party.v1', user_id: USER_ID, server_time_ms: OFFSET_MS, clock_epoch: 'e1',
    root_bound_ms: 0.2, heartbeat_s: 20, party: party(), ...fields,
  };
}

export function event(revision, type = 'member_joined', fields = {}) {
  return { type: 'event', event: { revision, type, at_ms: OFFSET_MS, actor_id: USER_ID, data: {} }, ...fields };
}

export function played(revision, fields = {}) {
  return { type: 'playback', revision, action: 'play', by: USER_ID, playback: playback({ revision, state: 'playing', ...fields }) };
}

/** A class of fake sockets that remembers its instances and shares a virtual clock. */
export function fakeSockets(time) {
  return class FakeWebSocket {
    static all = [];
    static get last() {
      return FakeWebSocket.all.at(-1);
    }

    constructor(url, protocols) {
      Object.assign(this, { url: new URL(url), protocols, readyState: 0, bufferedAmount: 0, sent: [], closedWith: null });
      this.answersPings = true;
      this.epoch = 'e1';
      this.delayMs = 10;
      FakeWebSocket.all.push(this);
    }

    /** The server accepts and says welcome. */
    welcome(fields = {}) {
      this.readyState = 1;
      this.receive(welcome(fields));
    }

    receive(message) {
      this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
    }

    send(text) {
      const message = JSON.parse(text);
      this.sent.push({ ...message, atMs: time.ms });
      if (message.type === 'ping' && this.answersPings) this.#pong(message);
    }

    #pong({ n, t1 }) {
      const t2 = t1 + this.delayMs + OFFSET_MS;
      const pong = { type: 'pong', n, t1, t2, t3: t2, clock_epoch: this.epoch, root_bound_ms: 0.2 };
      time.scheduler.setTimeout(() => this.receive(pong), 2 * this.delayMs);
    }

    close(code) {
      this.closedWith = code;
      this.readyState = 3;
    }

    /** The server, or the network, closes. */
    end(code = 1006, reason = '') {
      this.readyState = 3;
      this.onclose?.({ code, reason });
    }

    of(type) {
      return this.sent.filter((message) => message.type === type);
    }
  };
}
