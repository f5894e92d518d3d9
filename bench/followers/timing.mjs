/**
 * A member under Node.js whom the packages `timing-object` and `timingsrc` follow, through PartyTimingProvider:
 * `node timing.mjs SERVICE PARTY INVITE`. It ends when the party does, and prints a line of JSON for each look:
 * the wall clock in ms, where the TimingObject is, and where the media element is that timingsrc drives.
 *
 * The element is a simulated one, which starts and seeks as late as a browser's does: no picture is decoded, so
 * what is measured is the following and not the machine.
 */
import { createRequire } from 'node:module';

import { PartyApi, PartyConnection, PartyTimingProvider } from '../../partyapp/web/static/party-client/index.js';
import { systemScheduler } from '../../partyapp/web/static/party-client/scheduler.js';
import { FakeMedia } from '../../tests/js/fake-media.js';

const EVERY_MS = 50;

// Both packages read these when they are loaded; Node.js has none.
globalThis.document = Object.assign(new EventTarget(), { visibilityState: 'visible', createElement: () => new EventTarget() });
globalThis.window = Object.assign(new EventTarget(), {
  document,
  // A Chromium's rates, by which timingsrc tells that it is one.
  Audio: class { set playbackRate(rate) { if (rate > 16) throw new RangeError('too fast'); } },
  navigator: { userAgent: 'Chrome/140.0' },
  requestAnimationFrame: (call) => setTimeout(() => call(performance.now()), 1000 / 60),
  cancelAnimationFrame: clearTimeout,
});
const tools = createRequire(new URL('../../tests/js/package.json', import.meta.url));
const { TimingObject } = tools('timing-object');
const { setTimingsrc } = tools('timingsrc');
const WebSocketImpl = globalThis.WebSocket ?? tools('ws');

/** The wall clock minus performance.now(), in ms, to the instant at which the former moves on. */
function wallOffsetMs() {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  return now - performance.now();
}

const [service, partyId, invite] = process.argv.slice(2);
const api = new PartyApi({ baseUrl: service });
await api.guest('Timing');
await api.join(partyId, invite);
const connection = new PartyConnection({ api, partyId, WebSocketImpl });
const provider = new PartyTimingProvider({ connection });
provider.addEventListener('readystatechange', () => {
  if (provider.readyState === 'open') follow();
}, { once: true });
connection.open();

function follow() {
  const timing = new TimingObject(provider);
  const time = { get ms() { return performance.now(); }, scheduler: systemScheduler };
  const media = new FakeMedia(time, { durationS: connection.party.video.duration_s });
  const stop = setTimingsrc(media, timing);
  const look = setInterval(() => {
    const wallMs = wallOffsetMs() + performance.now();
    console.log(JSON.stringify({ wall_ms: wallMs, timing_object: timing.query().position, timingsrc: media.currentTime }));
  }, EVERY_MS);
  connection.addEventListener('ended', () => {
    clearInterval(look);
    stop();
    provider.destroy();
    connection.close();
  });
}
