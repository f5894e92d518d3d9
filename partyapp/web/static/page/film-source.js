/**
 * Where the player's film comes from: a file that the browser plays by itself, or, while the film is being prepared,
 * segments. To another file of the same film it moves under a second picture, so that nobody sees it.
 */

import { SecondPicture, SegmentFeeder } from '../party-client/index.js';
import { HAVE_CURRENT_DATA } from '../party-client/ready-state.js';
import { fileUrl } from './addresses.js';

/** So near to the party the first picture has taken over again, ms (by its frames, and roughly by its own clock, s); */
const IN_STEP_MS = 30;
const NEAR_S = 0.25;
/** later than this it has to. */
const MOVE_LIMIT_MS = 10000;
/** What has so much ahead, s, doesn't wait for the network. */
const AHEAD_S = 1;
const LOOK_MS = 100;
/** A move that failed is tried again. */
const RETRY_MS = 30000;

export class FilmSource {
  #room;
  #media;
  #follower;
  #onFault;
  #feeder = null;
  #second = null;
  /** Whether the first picture has drawn a frame since it moved. */
  #isDrawn = true;
  /** The address that the first picture has now; `url` is ahead of it during a move. */
  #playedUrl = null;
  #cancelRetry = () => {};
  #newFeeder;
  #newSecond;
  /** The address that it plays from, or moves to. */
  url = null;

  /** `onFault` is told of a film that this browser can't be fed with. */
  constructor({
    room,
    media,
    follower,
    onFault,
    newFeeder = (parts) => new SegmentFeeder(parts),
    newSecond = (parts) => new SecondPicture(parts),
  }) {
    this.#room = room;
    this.#media = media;
    this.#follower = follower;
    this.#onFault = onFault;
    this.#newFeeder = newFeeder;
    this.#newSecond = newSecond;
    room.signal.addEventListener('abort', () => this.stop());
  }

  /** Whether it is fed by segments now. */
  get isFed() {
    return this.#feeder !== null;
  }

  /** Whether it is on its way to another address under a second picture. */
  get isMoving() {
    return this.#second !== null;
  }

  /** Plays from an address of the party's video; what is under way ends. */
  play(url) {
    this.stop();
    this.url = this.#playedUrl = url;
    const { video } = this.#room.party;
    if (!isPlaylist(url, video)) {
      this.#media.src = url;
      return;
    }
    const feeder = (this.#feeder = this.#newFeeder({ media: this.#media, url, durationS: video.duration_s }));
    this.#room.on(feeder, 'fault', ({ detail }) => {
      if (detail.isFinal && this.#feeder === feeder) this.#onFault();
    });
    feeder.start();
  }

  /** Plays nothing: the film has no address yet. */
  empty() {
    this.stop();
    this.url = this.#playedUrl = null;
    this.#media.removeAttribute('src');
    this.#media.load();
  }

  /** Goes on from another address of the same film: unseen where that is a file and the picture doesn't stand still. */
  async change(url) {
    if (url === this.url) return;
    // Back to what it still plays from: only the move is called off.
    if (url === this.#playedUrl) {
      this.#callOff();
      return;
    }
    if (this.#isStuck || isPlaylist(url, this.#room.party.video)) this.play(url);
    else await this.#move(url);
  }

  /**
   * Whether there is nothing to be covered: a picture that shows nothing, since its segments can't be read, never
   * moves, and one that waits for a file that the network can't carry is not to share that with a second one.
   */
  get #isStuck() {
    const { readyState, paused, seeking } = this.#media;
    // By its moving and by what it has: WebKitGTK says of a picture that moves that the next frame is not there.
    const isStarved = !this.isFed && !paused && !seeking && !this.#follower.isMoving && !hasAhead(this.#media);
    return readyState < HAVE_CURRENT_DATA || isStarved;
  }

  /** Loads again what failed, from the film's address of now; null for the one that it had. */
  retry(url) {
    const isOther = url !== null && url !== this.#playedUrl;
    if (this.isFed || isOther) this.play(url ?? this.url);
    else this.#media.load();
  }

  stop() {
    this.#callOff();
    this.#letFeederGo();
  }

  #letFeederGo() {
    this.#feeder?.stop();
    this.#feeder = null;
  }

  /** What it moves to, or moved to a moment ago, needs no cover any more. */
  #callOff() {
    this.#cancelRetry();
    this.#second?.remove();
    this.#second = null;
    this.url = this.#playedUrl;
  }

  async #move(url) {
    this.#callOff();
    this.url = url;
    const second = (this.#second = this.#newSecond({ media: this.#media }));
    const isShown = await second.show(url);
    // A newer choice, or the end of the view, has come in between.
    if (this.#second !== second) return;
    if (!isShown) {
      this.#moveFailed(url, second.isLoaded);
      return;
    }
    second.takeSound();
    this.#letFeederGo();
    this.#playedUrl = url;
    this.#media.src = url;
    this.#noteDrawn();
    await this.#untilInStep(second);
    second.remove();
    if (this.#second === second) this.#second = null;
  }

  /** Goes on as before, and tries it later; where the picture has stopped, it has nothing to lose. */
  #moveFailed(url, isLoaded) {
    this.#callOff();
    // It stands at a place which has no segments, say; and the file could be loaded. A network that could not carry
    // two files may carry one.
    if (this.#isStuck && (isLoaded || !this.isFed)) this.play(url);
    else this.#cancelRetry = this.#room.after(RETRY_MS, () => void this.change(url));
  }

  /** A picture may have its data, and move, before anything of it is drawn. */
  #noteDrawn() {
    const media = this.#media;
    this.#isDrawn = !media.requestVideoFrameCallback;
    media.requestVideoFrameCallback?.(() => {
      this.#isDrawn = true;
    });
  }

  /** Where nobody looks nothing is drawn. */
  get #isSeen() {
    return this.#isDrawn || globalThis.document?.hidden === true;
  }

  /** The first picture has loaded the file, and shows what the party is at. */
  #untilInStep(second) {
    return new Promise((resolve) => {
      let passedMs = 0;
      const look = () => {
        if (this.#second !== second) return resolve();
        passedMs += LOOK_MS;
        const { wanted, blocked, isMoving } = this.#follower;
        if (isMoving) second.giveSound();
        if (wanted) second.keepTo(wanted);
        if (this.#isInStep(wanted) || blocked || passedMs >= MOVE_LIMIT_MS) return resolve();
        this.#room.after(LOOK_MS, look);
      };
      this.#room.after(LOOK_MS, look);
    });
  }

  #isInStep(wanted) {
    const media = this.#media;
    const { skew, detached, isMoving } = this.#follower;
    if (!wanted || media.seeking || media.readyState < HAVE_CURRENT_DATA || !this.#isSeen) return false;
    if (wanted.isPlaying && !isMoving) return false;
    // What is told of the error may be of the source before.
    const isNear = Math.abs(wanted.positionS - media.currentTime) < NEAR_S;
    return isNear && (detached || Math.abs(skew?.errorMs ?? Infinity) < IN_STEP_MS);
  }
}

/** Whether the next moment is loaded. */
function hasAhead({ buffered, currentTime }) {
  for (let at = 0; at < (buffered?.length ?? 0); at += 1) {
    if (buffered.start(at) <= currentTime && buffered.end(at) > currentTime + AHEAD_S) return true;
  }
  return false;
}

/** Whether this address of the video is that of a list of segments. */
function isPlaylist(url, video) {
  const source = (video.sources ?? []).find((one) => fileUrl(one.url).href === url);
  return source ? /mpegurl/i.test(source.type) : new URL(url).pathname.endsWith('.m3u8');
}
