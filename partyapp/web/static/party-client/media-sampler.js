// @ts-check
/**
 * Where a media element really is: from the frames it shows, where the browser tells
 * (`requestVideoFrameCallback`), else from `currentTime`.
 *
 * A frame's callback names the instant at which the frame is on the screen and its media time: both ends
 * of a reading. `currentTime` is only as good as its browser, and is read when no frame came lately
 * (audio only, a hidden page).
 */

/** @typedef {{positionS: number, atMs: number, source: 'frame'|'clock'}} Reading */
/** @typedef {HTMLMediaElement & Partial<Pick<HTMLVideoElement, 'requestVideoFrameCallback'|'cancelVideoFrameCallback'>>} Media */

/** Without a new frame for this long, `currentTime` is read instead. */
const FRAME_LIMIT_MS = 250;
/** A display time further from now than this is no use. */
const DISPLAY_LIMIT_MS = 500;

export class MediaSampler {
  #media;
  #now;
  /** @type {number|null} */
  #handle = null;
  /** @type {Reading|null} The newest frame not yet read. */
  #frame = null;
  #frameReadMs = -Infinity;
  #running = false;

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
    this.#ask();
  }

  stop() {
    this.#running = false;
    if (this.#handle !== null) this.#media.cancelVideoFrameCallback?.(this.#handle);
    this.#handle = null;
    this.reset();
  }

  /** Forget the frame at hand: after a seek it shows the old place. */
  reset() {
    this.#frame = null;
    this.#frameReadMs = -Infinity;
  }

  /** @returns {Reading|null} a new reading; null if there is none since the last */
  read() {
    const nowMs = this.#now();
    const frame = this.#frame;
    if (frame && nowMs - frame.atMs < FRAME_LIMIT_MS) {
      this.#frame = null;
      this.#frameReadMs = nowMs;
      return frame;
    }
    // A film of 24 frames a second has none in some ticks: mixing sources would add their difference as noise.
    if (nowMs - this.#frameReadMs < FRAME_LIMIT_MS) return null;
    return { positionS: this.#media.currentTime, atMs: nowMs, source: 'clock' };
  }

  #ask() {
    this.#handle = this.#media.requestVideoFrameCallback?.((_now, frame) => {
      this.#handle = null;
      if (!this.#running) return;
      const { expectedDisplayTime: atMs, mediaTime: positionS } = frame;
      const usable = Math.abs(atMs - this.#now()) < DISPLAY_LIMIT_MS && Number.isFinite(positionS);
      if (usable && !this.#media.seeking) this.#frame = { positionS, atMs, source: 'frame' };
      this.#ask();
    }) ?? null;
  }
}
