/**
 * Follows a party with a player that only prints, and says hello:
 * `node follow.mjs http://localhost:8000 PARTY INVITE`. It ends when the party does.
 *
 * Node.js has a WebSocket since version 22; before, `npm install ws` beside this file.
 */
import { PartyApi, PartyConnection, PlayerFollower } from 'party-client';

const [service, partyId, invite] = process.argv.slice(2);

/** Plays nothing, and says what it is told to do. Put your player in its place. */
const player = {
  traits: { rate: true },
  atS: 0, sinceMs: performance.now(), rate: 1, playing: false,
  positionS: () => player.atS + (player.playing ? ((performance.now() - player.sinceMs) / 1000) * player.rate : 0),
  state: () => (player.playing ? 'playing' : 'paused'),
  play: () => player.told('play', { playing: true }),
  pause: () => player.told('pause', { playing: false }),
  seek: (atS) => player.told(`seek to ${atS.toFixed(2)} s`, { atS }),
  setRate: (rate) => player.told(`rate ${rate.toFixed(3)}`, { rate }),
  told(what, change) {
    console.log(what);
    Object.assign(player, { atS: player.positionS(), sinceMs: performance.now(), ...change });
  },
};

const api = new PartyApi({ baseUrl: service });
await api.guest('Follower');
await api.join(partyId, invite);
const WebSocketImpl = globalThis.WebSocket ?? (await import('ws')).default;
const connection = new PartyConnection({ api, partyId, WebSocketImpl });
connection.addEventListener('problem', ({ detail }) => console.error(detail.problem.message));
connection.addEventListener('chat', ({ detail }) => console.log(`${detail.message.display_name}: ${detail.message.text}`));
connection.addEventListener('welcome', () => void connection.talk.say('Hello!'), { once: true });
connection.addEventListener('ended', () => {
  console.log(`over, in sync to ${connection.estimate()?.boundMs.toFixed(1)} ms`);
  follower.stop();
  connection.close();
});
const follower = new PlayerFollower({ player, connection });
follower.start();
connection.open();
