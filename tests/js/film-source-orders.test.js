/**
 * Orders of events that nobody thought of: seeks, pauses, rates, moves, faults and other sources at random instants, in an
 * element whose metadata, seeks, starts and events take as long as they like. Whatever came before, once it is quiet
 * the picture is where the party is, from the last source that was chosen, and nothing covers it.
 * `SEED=7` runs that one alone, `RUNS=1000` more of them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FED, FILM, SEGMENTS, setUp } from './film-source-setup.js';
import { runs } from './run-size.js';
import { seededRandom } from './seeded-random.js';

const RUNS = runs(25);
const OTHER = 'https://party.example/media/g/v/1/film-480.mp4';
/** So long after the last of it the picture is there, and after so much more the last move has been made. */
const QUIET_MS = 30_000;
const RETRIED_MS = 70_000;

/** A wait that is mostly short, and now and then long. */
const drawnMs = (random, usualMs, longestMs) => () => (random() < 0.15 ? random() * longestMs : random() * usualMs);

function howOf(random) {
  return {
    loadMs: drawnMs(random, 150, 4000), seekMs: drawnMs(random, 200, 3000),
    startMs: drawnMs(random, 80, 300), taskMs: drawnMs(random, 5, 700),
    isLate: random() < 0.2, // an engine that still tells what was of the source before
  };
}

/** One thing that may happen; `state` is what is expected in the end. */
function actOn({ time, media, connection, follower, source }, random, state) {
  const placeS = random() < 0.9 ? Math.round(random() * 400) : 595 + random() * 5;
  const go = (to, inMs = 0) => {
    state.last = { position_s: placeS, rate: state.last.rate, ...to };
    connection.room(state.last, inMs);
  };
  const acts = [
    () => go({ state: 'playing' }, random() < 0.5 ? 0 : 400),
    () => go({ state: 'paused' }, random() < 0.5 ? 0 : 400),
    () => go({ state: 'playing', rate: [0.75, 1, 1.5][Math.floor(random() * 3)] }),
    () => {
      state.url = [FILM, OTHER][Math.floor(random() * 2)];
      void source.change(state.url);
    },
    () => {
      state.url = SEGMENTS;
      void source.change(SEGMENTS);
    },
    () => {
      state.url = FILM;
      source.play(FILM);
    },
    () => {
      if (media.readyState > 0) media.fail(2);
    },
    () => media.error && source.retry(state.url),
    () => {
      state.isAlone = true;
      follower.detach();
    },
    () => {
      state.isAlone = false;
      void follower.attach();
    },
    () => {
      media.refuses = 'NotAllowedError';
      time.scheduler.setTimeout(() => {
        media.refuses = null;
        if (!follower.blocked) return;
        state.isAlone = false; // a click on "play" is a wish to be back
        void follower.resume();
      }, 1500);
    },
    () => media.more(FED, Math.min(600, (media.sources[FED].readyS ?? 0) + 100)),
    // The page does nothing for a while: what comes meanwhile is dealt with first, then its timers.
    () => { time.ms += random() * 900; },
  ];
  acts[Math.floor(random() * acts.length)]();
}

/** The page's part: it loads again what failed, some time later. */
async function pass(parts, state, forMs) {
  const { time, media, source, seconds } = parts;
  for (let passedMs = 0; passedMs < forMs; passedMs += 100) {
    await time.advance(100);
    media.look();
    seconds.forEach((second) => second.look());
    if (media.error && passedMs % 3000 === 0) source.retry(state.url);
  }
}

/** A move that failed may just be tried again: then what is seen covers a picture that isn't there yet. */
async function passMove(parts, state) {
  for (let looks = 0; looks < 200 && parts.source.isMoving; looks += 1) await pass(parts, state, 100);
  await pass(parts, state, 1000);
}

function checkPlace({ media, errorMs, follower }, { last }, why) {
  assert.equal(follower.detached, false, why);
  // Those that play on for so long come to the end, and stand there.
  const isPlaying = last.state === 'playing' && !media.ended && media.currentTime < 599;
  if (last.state === 'playing' && !isPlaying) return;
  assert.equal(media.paused, !isPlaying, why);
  assert.ok(Math.abs(errorMs()) < 60, `${why}: ${errorMs()} ms`);
  if (isPlaying) assert.ok(Math.abs(media.playbackRate / last.rate - 1) < 0.06, `${why}: rate ${media.playbackRate}`);
}

async function run(seed) {
  const random = seededRandom(seed);
  const parts = await setUp({ how: howOf(random), readyS: 100 + random() * 600 });
  const { time, media, follower, source, seconds, end, connection } = parts;
  const state = { url: SEGMENTS, isAlone: false, last: { state: 'playing', position_s: 5, rate: 1 } };
  connection.room(state.last);
  for (let acts = 0; acts < 15; acts += 1) {
    actOn(parts, random, state);
    await pass(parts, state, random() < 0.5 ? random() * 300 : random() * 4000);
  }
  await time.advance(2000);
  media.refuses = null;
  media.more(FED, 600);
  const why = `SEED=${seed}: ${JSON.stringify(state)}`;
  await pass(parts, state, 1000);
  assert.equal(follower.detached, state.isAlone, why);
  if (follower.detached || follower.blocked) void follower.attach();
  await pass(parts, state, QUIET_MS);
  await passMove(parts, state);
  checkPlace(parts, state, why);
  await pass(parts, state, RETRIED_MS);
  await passMove(parts, state);
  checkPlace(parts, state, `${why}, later`);
  assert.equal(source.url, state.url, why);
  assert.equal(media.src, state.url === SEGMENTS ? FED : state.url, why);
  assert.ok(seconds.every(({ removed, paused, src }) => removed && paused && src === ''), why);
  end();
  await time.advance(60_000);
  assert.equal(time.pendingTimers, 0, `${why}: nothing goes on behind it`);
}

const only = process.env.SEED;
const seeds = only ? [Number(only)] : Array.from({ length: Number(process.env.RUNS ?? RUNS) }, (_, index) => index + 1);
test(`in whatever order (${seeds.length} of them)`, async () => {
  for (const seed of seeds) await run(seed);
});
