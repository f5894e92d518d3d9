/** A follower on virtual time, with a fake media element and a connection that is what the test says. */
import { PlaybackFollower } from '../../partyapp/web/static/party-client/playback-follower.js';
import { FakeMedia } from './fake-media.js';
import { OFFSET_MS, party, playback } from './fake-party.js';
import { VirtualTime } from './virtual-time.js';

/** A connection as the follower sees it: the clock is known, the party is what the test says. */
class FakeConnection extends EventTarget {
  constructor(time) {
    super();
    Object.assign(this, { time, now: time.now, party: party(), statuses: [], clockKnown: true });
  }

  partyTimeMs(localMs = this.time.ms) {
    return this.clockKnown ? localMs + OFFSET_MS : null;
  }

  estimate() {
    return this.clockKnown ? { boundMs: 5 } : null;
  }

  sendStatus(status) {
    this.statuses.push({ ...status, atMs: this.time.ms });
    return true;
  }

  /** The room's timeline changes: in so many ms from now, relative to which the position is meant. */
  room(fields, inMs = 0) {
    const revision = this.party.revision + 1;
    const at_ms = this.time.ms + OFFSET_MS + inMs;
    this.party = { ...this.party, revision, playback: playback({ ...fields, at_ms, revision }) };
    this.dispatchEvent(new CustomEvent('playback', { detail: {} }));
  }
}

export function setUp({ media: how, element = (time) => new FakeMedia(time, how), start = true, ...options } = {}) {
  const time = new VirtualTime();
  const media = element(time);
  const connection = new FakeConnection(time);
  const documentTarget = new EventTarget();
  const follower = new PlaybackFollower({ media, connection, scheduler: time.scheduler, documentTarget, ...options });
  const dispatched = [];
  for (const type of ['blocked', 'unblocked', 'correction', 'skew', 'mediaerror']) {
    follower.addEventListener(type, ({ detail }) => dispatched.push({ type, detail, atMs: time.ms }));
  }
  if (start) follower.start();
  const of = (type) => dispatched.filter((one) => one.type === type);
  const roomS = () => {
    const { position_s, at_ms, state, rate } = connection.party.playback;
    return position_s + (state === 'playing' ? (Math.max(0, time.ms + OFFSET_MS - at_ms) / 1000) * rate : 0);
  };
  const errorMs = () => (roomS() - media.currentTime) * 1000;
  return { time, media, connection, follower, of, errorMs, documentTarget };
}
