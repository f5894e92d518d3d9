/** A film's source with the real follower and second picture, in virtual time: segments that a test lets grow, and a file. */
import { FilmSource } from '../../partyapp/web/static/page/film-source.js';
import { SecondPicture } from '../../partyapp/web/static/party-client/second-picture.js';
import { setUp as setUpFollower } from './follower-setup.js';
import { SourcedMedia } from './sourced-media.js';

export const SEGMENTS = 'https://party.example/media/g/v/1/segments.m3u8';
export const FILM = 'https://party.example/media/g/v/1/film.mp4';
export const FED = `blob:${SEGMENTS}`;

/** As far as the source can tell: it plays from an address of its own. */
class Feeder extends EventTarget {
  constructor({ media, url }) {
    super();
    Object.assign(this, { media, url: `blob:${url}`, isStopped: false });
  }

  start() {
    this.media.src = this.url;
  }

  stop() {
    this.isStopped = true;
  }
}

/** `readyS`: how much there is in segments; `how` as of `SourcedMedia`, for both pictures. */
export async function setUp({ how, readyS = 600, files = {} } = {}) {
  const parts = setUpFollower({ element: (time) => new SourcedMedia(time, how) });
  const { time, media, connection, follower } = parts;
  const sources = { [FED]: { readyS }, ...files };
  media.sources = sources;
  const lifetime = new AbortController();
  const room = {
    party: { video: { duration_s: 600, sources: [] } },
    signal: lifetime.signal,
    on: (target, type, listener) => target.addEventListener(type, listener, { signal: lifetime.signal }),
    after: (ms, act) => {
      const timer = time.scheduler.setTimeout(act, ms);
      return () => time.scheduler.clearTimeout(timer);
    },
  };
  const [seconds, feeders] = [[], []];
  const source = new FilmSource({
    room, media, follower, onFault: () => {},
    newFeeder: (given) => feeders[feeders.push(new Feeder(given)) - 1],
    newSecond: ({ media: first }) => {
      const element = Object.assign(new SourcedMedia(time, how), { sources });
      seconds.push(element);
      return new SecondPicture({ media: first, create: () => element, scheduler: time.scheduler });
    },
  });
  source.play(SEGMENTS);
  await time.advance(1000);
  /** What a person sees: the second picture while it covers the first. */
  const seen = () => seconds.findLast(({ style, removed }) => style.opacity === '1' && !removed) ?? media;
  const end = () => {
    follower.stop();
    lifetime.abort();
  };
  return { ...parts, room, source, seconds, feeders, seen, end, connection };
}
