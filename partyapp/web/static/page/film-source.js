/**
 * Where the player's film comes from: a file that the browser plays by itself, or, while the film is being prepared,
 * segments. From those to the file it moves under a second picture, so that nobody sees it.
 */

import { SecondPicture, SegmentFeeder } from '../party-client/index.js';
import { fileUrl } from './addresses.js';

/** So near to the party the first picture has taken over again, ms; later than this it has to. */
const IN_STEP_MS = 30;
const MOVE_LIMIT_MS = 10000;
const LOOK_MS = 100;
const HAVE_CURRENT_DATA = 2;
/** A move that failed is tried again. */
const RETRY_MS = 30000;

export class FilmSource {
  #room;
  #media;
  #follower;
  #onFault;
  #feeder = null;
  #second = null;
  /** The address that it plays from, or moves to. */
  url = null;

  /** `onFault` is told of a film that this browser can't be fed with. */
  constructor({ room, media, follower, onFault }) {
    this.#room = room;
    this.#media = media;
    this.#follower = follower;
    this.#onFault = onFault;
    room.signal.addEventListener('abort', () => this.stop());
  }

  /** Whether it is fed by segments now. */
  get isFed() {
    return this.#feeder !== null;
  }

  /** Plays from an address of the party's video; what is under way ends. */
  play(url) {
    this.stop();
    this.url = url;
    const { video } = this.#room.party;
    if (!isPlaylist(url, video)) {
      this.#media.src = url;
      return;
    }
    this.#feeder = new SegmentFeeder({ media: this.#media, url, durationS: video.duration_s });
    this.#room.on(this.#feeder, 'fault', ({ detail }) => {
      if (detail.isFinal) this.#onFault();
    });
    this.#feeder.start();
  }

  /** Plays nothing: the film has no address yet. */
  empty() {
    this.stop();
    this.url = null;
    this.#media.removeAttribute('src');
    this.#media.load();
  }

  /** Goes on from another address of the same film: unseen where it was fed and the file is there. */
  async change(url) {
    if (url === this.url) return;
    // A picture that shows nothing, since its segments can't be read, has nothing to be covered, and never moves.
    const isBlank = this.#media.readyState < HAVE_CURRENT_DATA;
    if (!this.isFed || isBlank || isPlaylist(url, this.#room.party.video)) this.play(url);
    else await this.#move(url);
  }

  /** Loads again what failed. */
  retry() {
    if (this.isFed) this.play(this.url);
    else this.#media.load();
  }

  stop() {
    this.#feeder?.stop();
    this.#feeder = null;
    this.#second?.remove();
    this.#second = null;
  }

  async #move(url) {
    this.#second?.remove();
    const before = this.url;
    this.url = url;
    const second = (this.#second = new SecondPicture({ media: this.#media }));
    const isShown = await second.show(url);
    // A newer choice, or the end of the view, has come in between.
    if (this.#second !== second) return;
    if (!isShown) {
      this.#second = null;
      this.url = before;
      this.#room.after(RETRY_MS, () => this.isFed && this.url === before && void this.change(url));
      return;
    }
    second.takeSound();
    this.#feeder?.stop();
    this.#feeder = null;
    this.#media.src = url;
    await this.#untilInStep(second);
    second.remove();
    if (this.#second === second) this.#second = null;
  }

  /** The first picture has loaded the file, and shows what the party is at. */
  #untilInStep(second) {
    return new Promise((resolve) => {
      let passedMs = 0;
      const look = () => {
        passedMs += LOOK_MS;
        if (this.#follower.isMoving) second.giveSound();
        if (this.#isInStep || passedMs >= MOVE_LIMIT_MS || this.#second !== second) resolve();
        else this.#room.after(LOOK_MS, look);
      };
      this.#room.after(LOOK_MS, look);
    });
  }

  get #isInStep() {
    const media = this.#media;
    if (media.seeking || media.readyState < HAVE_CURRENT_DATA) return false;
    return Math.abs(this.#follower.skew?.errorMs ?? Infinity) < IN_STEP_MS;
  }
}

/** Whether this address of the video is that of a list of segments. */
function isPlaylist(url, video) {
  const source = (video.sources ?? []).find((one) => fileUrl(one.url).href === url);
  return source ? /mpegurl/i.test(source.type) : new URL(url).pathname.endsWith('.m3u8');
}
