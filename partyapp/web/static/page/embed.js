/**
 * The page inside a frame of another site: the picture and its controls alone. It tells that site what happens, and
 * takes its commands as this member's own; docs/embedding.md has the messages. Only sites that the operator allows
 * can frame it, and only they are told or heard.
 */

import { ProblemError } from '../party-client/index.js';
import { BASE_PATH } from './addresses.js';

const PROTOCOL = 'party.embed.v1';
const EMBED_PATH = /^(.*)\/embed\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/?$/i;
/** What is passed on of the connection as it comes. */
const TOLD = { playback: ['revision', 'playback', 'action', 'by'], event: ['event'], chat: ['message'] };

/** The frame's side of this page; null where the page is none for frames. */
export function openFrame() {
  const [, above, partyId] = EMBED_PATH.exec(window.location.pathname) ?? [];
  if (above !== '' && above !== BASE_PATH) return null;
  document.documentElement.dataset.embed = '';
  return new Frame(partyId, allowedOrigins(document.head));
}

/** Our own pages, and those of the origins that the server names in the page's head. */
function allowedOrigins(head) {
  const named = head.querySelector('meta[name="party-embed-origins"]')?.content ?? '';
  return new Set([window.location.origin, ...named.split(' ').filter(Boolean)]);
}

class Frame {
  #origins;
  /** The origin of the page around this one, once it is known; nobody is told anything before. */
  #origin = null;
  #waiting = [];
  #room = null;
  #player = null;
  /** @type {import('./session.js').Session} the page's */
  session;

  constructor(partyId, origins) {
    this.#origins = origins;
    const given = new URLSearchParams(window.location.hash.slice(1));
    /** Who comes in where: in the fragment it is in no request, and so in no log. */
    this.entry = { partyId, inviteCode: given.get('invite'), name: given.get('name'), token: given.get('token') };
    // A token stays in no history.
    given.delete('token');
    if (this.entry.token) window.history.replaceState(null, '', `${window.location.pathname}#${given}`);
    window.addEventListener('message', (event) => void this.#receive(event));
    // Firefox has no `ancestorOrigins`, and a site may send no referrer: then it has to say something first.
    this.#meet(window.location.ancestorOrigins?.[0] ?? originOf(document.referrer));
    this.#tell({ type: 'ready', party_id: partyId });
  }

  /** The party is open. */
  opened(room, player) {
    [this.#room, this.#player] = [room, player];
    const { connection } = room;
    for (const [type, names] of Object.entries(TOLD)) {
      room.on(connection, type, ({ detail }) => this.#tell({ type, ...picked(detail, names) }));
    }
    room.on(connection, 'welcome', () => this.#tell({ type: 'welcome', ...this.#state() }));
    room.on(connection, 'ended', ({ detail }) => this.#tell({ type: 'ended', ...picked(detail, ['reason', 'revision']) }));
    room.on(connection, 'removed', ({ detail }) => this.#tell({ type: 'removed', banned: Boolean(detail.banned) }));
    room.on(connection, 'state', () => this.#tell({ type: 'connection', state: connection.state }));
    for (const type of ['blocked', 'unblocked']) room.on(player.follower, type, () => this.#tell({ type }));
    room.signal.addEventListener('abort', () => {
      [this.#room, this.#player] = [null, null];
    });
  }

  /** The party can't be opened, or not any more. */
  refused(error) {
    this.#tell({ type: 'refused', problem: problemOf(error) });
  }

  async #receive(event) {
    if (event.source !== window.parent || !this.#origins.has(event.origin)) return;
    const message = event.data;
    if (message?.party !== PROTOCOL || typeof message.type !== 'string') return;
    this.#meet(event.origin);
    if (message.type === 'hello') return;
    const { id = null } = message;
    try {
      this.#tell({ type: 'ack', id, ...(await this.#run(message)) });
    } catch (error) {
      this.#tell({ type: 'error', id, problem: problemOf(error) });
    }
  }

  async #run({ type, position_s: positionS, rate, text, muted, volume, token }) {
    if (type === 'token') return void (await this.session.take(String(token ?? '')));
    if (!this.#room) throw new ProblemError({ code: 'not_open', title: 'Not open', detail: 'The party is not open yet.' });
    const { connection } = this.#room;
    const { media, follower } = this.#player;
    if (type === 'play' || type === 'pause' || type === 'seek') {
      const fields = { position_s: positionS, rate };
      const { revision } = await connection.command(type, JSON.parse(JSON.stringify(fields)));
      return { revision };
    }
    if (type === 'say') return void (await connection.talk.say(String(text ?? '')));
    if (type === 'state') return this.#state();
    if (type === 'resume') return void (await follower.resume());
    if (type !== 'sound') throw new ProblemError({ code: 'unknown', title: 'Unknown', detail: 'There is no such command.' });
    if (typeof muted === 'boolean') media.muted = muted;
    if (volume >= 0 && volume <= 1) media.volume = volume;
    return { muted: media.muted, volume: media.volume };
  }

  /** The party as it is now, and where it is in the film. */
  #state() {
    const { party, connection } = this.#room;
    const { revision, title, playback, host_id, state, member_count, online_count } = party;
    return {
      connection: connection.state, user_id: this.#room.userId, party_id: party.id, state, revision, title, host_id,
      member_count, online_count, playback, duration_s: this.#player.durationS,
      position_s: this.#room.positionS(this.#player.durationS, this.#player.media.currentTime),
    };
  }

  #meet(origin) {
    if (!this.#origins.has(origin)) return;
    this.#origin = origin;
    for (const message of this.#waiting.splice(0)) window.parent.postMessage(message, origin);
  }

  #tell(message) {
    const whole = { party: PROTOCOL, ...message };
    if (this.#origin !== null) window.parent.postMessage(whole, this.#origin);
    // What happened before is told once somebody is there to hear it; the latest matters.
    else this.#waiting = [...this.#waiting, whole].slice(-20);
  }
}

function picked(detail, names) {
  return Object.fromEntries(names.filter((name) => detail?.[name] !== undefined).map((name) => [name, detail[name]]));
}

function problemOf(error) {
  const { code, status, title, detail, errors } = ProblemError.from(error);
  return { code, status, title, detail, errors };
}

function originOf(url) {
  try {
    return new URL(url).origin;
  } catch {
    return '';
  }
}
