/** The peers' rules do what their projects publish, at their thresholds; and the oracle is a limit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleRoom } from './bench-room.js';
import { Oracle } from '../../bench/sync/media/oracle.js';
import { roomS } from '../../bench/sync/media/peer-follower.js';
import { RULES } from '../../bench/sync/media/peer-rules.js';
import { ALGORITHMS, simulate } from '../../bench/sync/media/room.mjs';
import { seeds, thorough } from './run-size.js';
import { SimulatedTime } from '../../bench/sync/media/simulated-time.js';

const PLAYING = { state: 'playing', position_s: 100, rate: 1, at_ms: 0, revision: 1 };
const FIRST_MS = 10;

/** A member's player that the test puts ahead of the room; time stands still between checks. */
function member(title, aheadS, { othersAheadS = [] } = {}) {
  const time = new SimulatedTime();
  const media = {
    time, aheadS, rates: [], seeks: [], paused: true, seeking: false, readyState: 4,
    play() { this.paused = false; },
    get currentTime() { return roomS(PLAYING, time.ms) + this.aheadS; },
    set currentTime(placeS) { if (time.ms > FIRST_MS) this.seeks.push(placeS - roomS(PLAYING, time.ms)); },
    get playbackRate() { return this.rates.at(-1) ?? 1; },
    set playbackRate(rate) { if (rate !== this.playbackRate) this.rates.push(rate); },
  };
  const connection = Object.assign(new EventTarget(), { party: { playback: PLAYING }, partyTimeMs: () => time.ms });
  const place = (s) => ({ get currentTime() { return roomS(PLAYING, time.ms) + s; } });
  const followers = othersAheadS.map((s) => ({ media: place(s) }));
  const Rule = RULES.find((rule) => rule.title === title);
  new Rule({ media, connection, time, followers }).start();
  time.at(FIRST_MS, () => connection.dispatchEvent(new CustomEvent('playback', { detail: {} })));
  return { time, media };
}

async function after(ms, title, aheadS, how) {
  const { time, media } = member(title, aheadS, how);
  await time.run(ms);
  return media;
}

const near = (found, wanted) => assert.ok(Math.abs(found - wanted) < 1e-6, `${found}, not ${wanted}`);

test('Syncplay slows down from 1.5 s ahead of the slowest, and goes back from 4 s', async () => {
  assert.deepEqual((await after(1500, 'Syncplay', 1.4, { othersAheadS: [0] })).rates, []);
  assert.deepEqual((await after(1500, 'Syncplay', 1.6, { othersAheadS: [0] })).rates, [0.95]);
  assert.deepEqual((await after(1500, 'Syncplay', -3, { othersAheadS: [0] })).seeks, []);
  assert.deepEqual((await after(1500, 'Syncplay', 4.1, { othersAheadS: [0.3] })).seeks, []);
  near((await after(1500, 'Syncplay', 4.4, { othersAheadS: [0.3] })).seeks[0], 0.3);
});

test('CyTube seeks from 2 s, forward to the room, back to a second ahead of it', async () => {
  assert.deepEqual((await after(5500, 'CyTube', 1.9)).seeks, []);
  near((await after(5500, 'CyTube', -2.1)).seeks[0], 0);
  near((await after(5500, 'CyTube', 2.1)).seeks[0], 1);
});

test('WatchParty catches up with the median from half a second behind, at 110 % at most', async () => {
  const othersAheadS = [0, 0];
  assert.deepEqual((await after(1500, 'WatchParty', -0.45, { othersAheadS })).rates, []);
  near((await after(1500, 'WatchParty', -0.8, { othersAheadS })).rates[0], 1.08);
  near((await after(1500, 'WatchParty', -3, { othersAheadS })).rates[0], 1.1);
  assert.deepEqual((await after(1500, 'WatchParty', 3, { othersAheadS })).rates, []);
});

test('OpenTogetherTube counts from the receipt, and seeks when a second off', async () => {
  assert.deepEqual((await after(600, 'OpenTogetherTube', 0.98)).seeks, []);
  near((await after(600, 'OpenTogetherTube', 1.1)).seeks[0], -FIRST_MS / 1000);
});

test('Jellyfin corrects only if asked, after 1.5 s: in a second, more slowly backwards', async () => {
  assert.deepEqual((await after(9000, 'Jellyfin SyncPlay, as shipped', 0.3)).rates, []);
  const title = 'Jellyfin SyncPlay, correcting';
  assert.deepEqual((await after(1400, title, -0.1)).rates, []);
  assert.deepEqual((await after(9000, title, -0.05)).rates, []);
  near((await after(3100, title, -0.1)).rates[0], 1.1);
  near((await after(3100, title, 0.5)).rates[0], 0.2);
  near((await after(3100, title, -3.5)).seeks[0], 0);
});

test('timingsrc bends the rate by its time constant beyond 25 ms, and jumps beyond a second', async () => {
  assert.deepEqual((await after(100, 'timingsrc', 0.02)).rates, []);
  near((await after(100, 'timingsrc', -0.25)).rates[0], 1.5);
  near((await after(100, 'timingsrc', 0.5)).rates[0], 0.5);
  near((await after(100, 'timingsrc', 1.2)).seeks[0], 0);
});

test('MediaSync bends the rate by four bands from three readings', async () => {
  const title = 'MediaSync';
  assert.deepEqual((await after(700, title, -0.2)).rates, []);
  for (const [aheadS, rate] of [[-0.02, 1.0014], [-0.05, 1.03], [-0.2, 1.15], [0.6, 0.55], [-0.9, 1.5]]) {
    near((await after(800, title, aheadS)).rates[0], rate);
  }
});

thorough('the oracle is a limit: no rule is nearer, at the median or at the 95th percentile', async () => {
  for (const seed of seeds(1, 2)) {
    const room = exampleRoom(seed, 60_000);
    const limit = (await simulate(room, ALGORITHMS.get(Oracle.title))).pairs;
    for (const [name, follow] of ALGORITHMS) {
      if (name === Oracle.title) continue;
      const { pairs } = await simulate(room, follow);
      for (const [over, share] of [['all', 'p50'], ['all', 'p95'], ['settled', 'p50'], ['settled', 'p95']]) {
        assert.ok(limit[over][share] < pairs[over][share], `${name}, ${over}, ${share}: ${pairs[over][share]}`);
      }
    }
  }
});
