/**
 * The media half of `make bench-sync`: the real follower of party-client and the rules of the field, on the same
 * simulated players. Reads a room as JSON from standard input (see bench/sync/media_scenario.py), writes figures.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { PlaybackFollower } from '../../../partyapp/web/static/party-client/playback-follower.js';
import { Figures, SAMPLE_MS } from './figures.js';
import { SimulatedConnection } from './member.js';
import { Oracle } from './oracle.js';
import { RULES } from './peer-rules.js';
import { SimulatedMedia, drawPlayer } from './simulated-media.js';
import { SimulatedTime } from './simulated-time.js';

/** Our own follower, as a page uses it. */
function followParty({ media, connection, time }) {
  return new PlaybackFollower({ media, connection, scheduler: time.scheduler, documentTarget: null });
}

export const ALGORITHMS = new Map([
  ['party', followParty],
  ...[...RULES, Oracle].map((Rule) => [Rule.title, (parts) => new Rule(parts)]),
]);

/** One algorithm in one room. @param {object} room @param {(parts: object) => {start(): void}} follow */
export async function simulate(room, follow) {
  const time = new SimulatedTime();
  const followers = [];
  const medias = room.members.map((member, index) => {
    const media = new SimulatedMedia(time, drawPlayer(room.seed * 64 + index, room.duration_ms), room.video_duration_s);
    const connection = new SimulatedConnection(time, member, room.commands, room.video_duration_s);
    follow({ media, connection, time, followers }).start();
    return media;
  });
  const figures = new Figures(medias, room.commands);
  const sample = () => {
    figures.sample(time.ms);
    if (time.ms + SAMPLE_MS <= room.duration_ms) time.at(time.ms + SAMPLE_MS, sample);
  };
  sample();
  await time.run(room.duration_ms);
  return figures.report(room.duration_ms / 60_000);
}

/** Every algorithm in one room. */
export async function simulateAll(room) {
  const algorithms = {};
  for (const [name, follow] of ALGORITHMS) algorithms[name] = await simulate(room, follow);
  return { seed: room.seed, algorithms };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(JSON.stringify(await simulateAll(JSON.parse(readFileSync(0, 'utf8')))));
}
