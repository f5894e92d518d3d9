// @ts-check
/**
 * Whether a media element's position advances, whatever its `readyState` says: WebKitGTK goes on saying, after
 * a seek of a playing film, that it waits for data, and shows the film all the same.
 */

/** The advance is judged over at least this time, ms, */
const LOOK_MS = 200;
/** and counts as playing from this share of the rate on. */
const SHARE = 0.5;
/** A judgement is kept so long, ms. */
const KEPT_MS = 1000;

export class MediaProgress {
  #media;
  /** @type {{positionS: number, atMs: number}|null} */
  #from = null;
  #advances = false;

  /** @param {HTMLMediaElement} media */
  constructor(media) {
    this.#media = media;
  }

  /** Whether it was seen to advance in the last moment. */
  get isAdvancing() {
    return this.#advances;
  }

  /** Forget: it was sought, or is at a stop. */
  reset() {
    this.#from = null;
    this.#advances = false;
  }

  /** Look, about 20 times a second. @param {number} nowMs */
  look(nowMs) {
    const { currentTime: positionS, paused, seeking, playbackRate } = this.#media;
    if (paused || seeking) return this.reset();
    const from = this.#from;
    if (from === null || nowMs - from.atMs > KEPT_MS) {
      this.#advances = false;
      this.#from = { positionS, atMs: nowMs };
      return;
    }
    if (nowMs - from.atMs < LOOK_MS) return;
    const expectedS = ((nowMs - from.atMs) / 1000) * playbackRate;
    this.#advances = positionS - from.positionS >= SHARE * expectedS;
    this.#from = { positionS, atMs: nowMs };
  }
}
