/**
 * A room to try the simulator with, without the clock half: a short seeded scenario.
 *
 *     node tests/js/bench-room.js [SEED [DURATION_MS]] | node bench/sync/media/room.mjs
 */
import { pathToFileURL } from 'node:url';
import { normal, seededRandom } from './seeded-random.js';

const VIDEO_S = 7200;
const MEMBERS = 8;
/** A member's clock estimate is a random walk about its own error, a new one each second. */
const ESTIMATE_EVERY_MS = 1000;
const WALK_MS = 0.1;
const PULL = 0.02;
/** What the room does, and when, as shares of the time it has after the start; a place where it seeks to one. */
const SCENARIO = [
  { share: 0, state: 'playing' }, { share: 0.2, state: 'playing', seekS: 600 },
  { share: 0.35, state: 'paused' }, { share: 0.4, state: 'playing' },
  { share: 0.6, state: 'playing', seekS: 60 }, { share: 0.8, state: 'playing', seekS: 1800 },
];
const BEGINS_MS = 2000;

/**
 * @param {number} [seed]
 * @param {number} [durationMs]
 * @returns {object} the input of room.mjs
 */
export function exampleRoom(seed = 1, durationMs = 600_000) {
  const random = seededRandom(seed);
  const sent = commands(random, durationMs);
  const members = Array.from({ length: MEMBERS }, (_, index) => ({
    name: `member ${index}`,
    arrivals_ms: sent.map(({ sentMs }) => sentMs + 20 + 130 * random()),
    estimates: clockEstimates(random, durationMs),
  }));
  const playbacks = sent.map(({ playback }) => playback);
  return { seed, duration_ms: durationMs, video_duration_s: VIDEO_S, commands: playbacks, members };
}

function commands(random, durationMs) {
  let now = { state: 'stopped', position_s: 0, rate: 1, at_ms: 0, revision: 0 };
  return SCENARIO.map(({ share, state, seekS }) => {
    const sentMs = BEGINS_MS + share * (durationMs - BEGINS_MS);
    const at_ms = sentMs + 150 + 150 * random();
    const hereS = now.position_s + (now.state === 'playing' ? (at_ms - now.at_ms) / 1000 : 0);
    now = { state, position_s: seekS ?? hereS, rate: 1, at_ms, revision: now.revision + 1 };
    return { sentMs, playback: now };
  });
}

function clockEstimates(random, durationMs) {
  const centreMs = (0.3 + 1.2 * random()) * (random() < 0.5 ? -1 : 1);
  let errorMs = centreMs;
  const found = [];
  for (let atMs = 500; atMs < durationMs; atMs += ESTIMATE_EVERY_MS) {
    errorMs += WALK_MS * normal(random) + PULL * (centreMs - errorMs);
    found.push([atMs, errorMs, 0, 5]);
  }
  return found;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [seed = 1, durationMs = 600_000] = process.argv.slice(2).map(Number);
  process.stdout.write(JSON.stringify(exampleRoom(seed, durationMs)));
}
