/** A PartyConnection on virtual time, with a fake server. */
import { PartyConnection } from '../../partyapp/web/static/party-client/connection.js';
import { PARTY_ID, fakeSockets } from './fake-party.js';
import { VirtualTime, seededRandom } from './virtual-time.js';

/** A connection on virtual time, a fake server, and everything it dispatched. */
export function setUp({ ticket, ...options } = {}) {
  let tickets = 0;
  const countedTicket = async () => ({ ticket: `t${(tickets += 1)}`, expires_in: 30 });
  const time = new VirtualTime();
  const Sockets = fakeSockets(time);
  const windowTarget = new EventTarget();
  const documentTarget = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const connection = new PartyConnection({
    api: { baseUrl: 'https://party.test', ticket: ticket ?? countedTicket }, partyId: PARTY_ID, deviceId: 'd1', WebSocketImpl: Sockets,
    now: time.now, wallNow: time.wallNow, scheduler: time.scheduler, random: seededRandom(7),
    windowTarget, documentTarget, ...options,
  });
  const dispatched = [];
  for (const type of ['state', 'welcome', 'playback', 'event', 'tick', 'presence', 'host_returned', 'ended', 'problem', 'clock',
    'talk', 'chat', 'chat_deleted', 'reactions', 'queue', 'notification', 'removed']) {
    connection.addEventListener(type, ({ detail }) => dispatched.push({ type, detail }));
  }
  const of = (type) => dispatched.filter((one) => one.type === type).map(({ detail }) => detail);
  return { time, Sockets, connection, dispatched, of, windowTarget, documentTarget };
}

export async function opened(options) {
  const parts = setUp(options);
  parts.connection.open();
  await parts.time.advance(0);
  parts.Sockets.last.welcome();
  await parts.time.advance(0);
  return parts;
}
