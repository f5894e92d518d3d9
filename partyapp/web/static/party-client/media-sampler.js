// @ts-check
/**
 * The position of a media element: from the frames it shows, where the browser reports them
 * (`requestVideoFrameCallback`), else from `currentTime`.
 *
 * A frame's callback names the instant at which the frame is on the screen and its media time: both ends
 * of a reading. `currentTime` is only as good as its browser, and is read when no frame came lately
 * (audio only, a hidden page).
 */

/** @typedef {{positionS: number, atMs: number, source: 'frame'|'clock'}} Reading */
/** @typedef {Pick<HTMLVideoElement, 'requestVideoFrameCallback'|'cancelVideoFrameCallback'>} FrameCallbacks */
/** @typedef {HTMLMediaElement & Partial<FrameCallbacks>} Media */

/** Without a new frame for this long, `currentTime` is read instead. */
const FRAME_LIMIT_MS = 250;
/** There are no reads while paused; only the newest frames are kept. */
const FRAMES_KEPT = 16;
/** The media time of a frame that is shown is that of the player, or a little less. One that is ahead by more than
 * this, s, is wrong: WebKitGTK gives 80 ms too much in a film of 25 frames a second with B-frames. */
const AHEAD_LIMIT_S = 0.015;
/** So many frames say whether it is. */
const FRAMES_JUDGED = 7;
/** A display time further from now than this is no use. */
const DISPLAY_LIMIT_MS = 500;

export class MediaSampler {
  #media;
  #now;
  /** @type {number|null} */
  #handle = null;
  /** @type {Reading[]} The frames not yet read, oldest first. */
  #frames = [];
  #frameReadMs = -Infinity;
  #running = false;
  /** @type {number[]} How far the media times of the first frames were ahead of `currentTime`, s. */
  #aheadS = [];
  #isMisled = false;
  #onEmptied = () => this.#trustAnew();

  /**
   * @param {Media} media
   * @param {() => number} now the clock of `performance.now()`, ms
   */
  constructor(media, now) {
    this.#media = media;
    this.#now = now;
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    this.#media.addEventListener('emptied', this.#onEmptied);
    this.#requestFrame();
  }

  stop() {
    this.#running = false;
    if (this.#handle !== null) this.#media.cancelVideoFrameCallback?.(this.#handle);
    this.#handle = null;
    this.#media.removeEventListener('emptied', this.#onEmptied);
    this.reset();
  }

  /** Forget the frame at hand: after a seek it shows the old place. */
  reset() {
    this.#frames = [];
    this.#frameReadMs = -Infinity;
  }

  /**
   * All frames count: their times go in a pattern (25 frames on 60 screens a second), and one out of several
   * would turn the pattern into an error.
   * @returns {Reading[]} the readings since the last call, oldest first; often none
   */
  read() {
    const nowMs = this.#now();
    if (this.#isMisled) return [{ positionS: this.#media.currentTime, atMs: nowMs, source: 'clock' }];
    const frames = this.#frames.splice(0).filter(({ atMs }) => nowMs - atMs < FRAME_LIMIT_MS);
    if (frames.length > 0) {
      this.#frameReadMs = nowMs;
      return frames;
    }
    // A film of 24 frames a second has none in some ticks: mixing sources would add their difference as noise.
    if (nowMs - this.#frameReadMs < FRAME_LIMIT_MS) return [];
    return [{ positionS: this.#media.currentTime, atMs: nowMs, source: 'clock' }];
  }

  #requestFrame() {
    this.#handle = this.#media.requestVideoFrameCallback?.((_now, frame) => {
      this.#handle = null;
      if (!this.#running) return;
      const { expectedDisplayTime: atMs, mediaTime: positionS } = frame;
      const usable = Math.abs(atMs - this.#now()) < DISPLAY_LIMIT_MS && Number.isFinite(positionS);
      if (usable && !this.#media.seeking) {
        this.#judge(positionS, atMs);
        this.#frames.push({ positionS, atMs, source: 'frame' });
      }
      if (this.#frames.length > FRAMES_KEPT) this.#frames.shift();
      this.#requestFrame();
    }) ?? null;
  }

  /**
   * Compare a frame with the player's own position, until enough have been seen of this film.
   * @param {number} positionS
   * @param {number} atMs
   */
  #judge(positionS, atMs) {
    const { paused, currentTime, playbackRate } = this.#media;
    // While it is paused some engines give the place that was asked for instead of the frame's.
    if (paused || this.#aheadS.length >= FRAMES_JUDGED) return;
    const shownS = currentTime + ((atMs - this.#now()) * playbackRate) / 1000;
    this.#aheadS.push(positionS - shownS);
    if (this.#aheadS.length < FRAMES_JUDGED) return;
    const middleS = [...this.#aheadS].sort((one, other) => one - other)[(FRAMES_JUDGED - 1) / 2];
    this.#isMisled = middleS > AHEAD_LIMIT_S;
  }

  /** Another film may be one without B-frames. */
  #trustAnew() {
    this.#aheadS = [];
    this.#isMisled = false;
  }
}
