// @ts-check
/**
 * A second picture over the first, which shows the same film from another address while the first one changes to
 * it: so nobody sees the change. It is made ready unseen, started a moment early, and shown only once it moves;
 * whatever fails before that, the first picture has played on.
 */
import { HAVE_FUTURE_DATA } from './ready-state.js';
import { systemScheduler, wait } from './scheduler.js';
import { unseenPicture } from './unseen-picture.js';

/** @typedef {import('./types.js').Scheduler} Scheduler */

const LOADING_LIMIT_MS = 20_000;
const SEEKING_LIMIT_MS = 5000;
/** After so long without a move the start has failed. */
const START_LIMIT_MS = 2000;
/** WebKitGTK stands for over a second at its first start: a moment of play before takes that away. */
const WARMING_MS = 150;
/** play() is called so long before, s: with twice as much the second picture was 37 to 53 ms ahead in three engines. */
const EARLY_S = 0.03;
/** It waits so far ahead of the first one, s, a little more at each try. */
const AHEAD_S = 0.7;
const TRIES = 4;
const LOOK_MS = 10;
/** From so small a move on it is one, s. */
const MOVED_S = 0.002;
/** While it covers the first one it is no more than roughly where that is to be: further off than this it is sought, s. */
const COVER_TOLERANCE_S = 1;

export class SecondPicture {
  #media;
  #element;
  #scheduler;
  #abort = new AbortController();
  #hasSound = false;
  /** Whether the film could be played from its address, whatever became of it. */
  isLoaded = false;

  /**
   * @param {object} parts
   * @param {HTMLVideoElement} parts.media the first one
   * @param {() => HTMLVideoElement} [parts.create] an element that covers the first one in the same parent
   * @param {Scheduler} [parts.scheduler]
   */
  constructor({ media, create = () => document.createElement('video'), scheduler = systemScheduler }) {
    this.#media = media;
    this.#scheduler = scheduler;
    this.#element = unseenPicture(media, create);
  }

  /**
   * Show the film from that address, in step with the first picture.
   * @param {string} url
   * @returns {Promise<boolean>} whether it is shown; false if it could not be brought to that in time
   */
  async show(url) {
    const element = this.#element;
    this.#media.after(element);
    element.src = url;
    try {
      await this.#until(() => element.readyState >= HAVE_FUTURE_DATA, LOADING_LIMIT_MS);
      this.isLoaded = true;
      await this.#warm();
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        if (!(await this.#isInStep(attempt))) continue;
        element.style.opacity = '1';
        return true;
      }
    } catch {
      // It takes too long, can't be played, or was removed meanwhile.
    }
    this.remove();
    return false;
  }

  /** Take over the sound: the first one is about to be silent. */
  takeSound() {
    this.#hasSound = true;
    this.#copyVolume();
    const element = this.#element;
    // A browser may refuse to unmute what no click has started, and pauses it.
    if (!this.#media.paused && element.paused) this.giveSound();
  }

  /** The first one has its sound again. */
  giveSound() {
    this.#hasSound = false;
    this.#element.muted = true;
    if (!this.#media.paused && this.#element.paused) this.#play();
  }

  /**
   * While it covers the first one, which may take long to load, the party goes on: so does this.
   * @param {{positionS: number, rate: number, isPlaying: boolean}} wanted of the first one
   */
  keepTo({ positionS, rate, isPlaying }) {
    const element = this.#element;
    if (element.playbackRate !== rate) element.playbackRate = rate;
    if (this.#hasSound) this.#copyVolume();
    if (!element.seeking && Math.abs(element.currentTime - positionS) > COVER_TOLERANCE_S) element.currentTime = positionS;
    if (!isPlaying) element.pause();
    else if (element.paused && !element.ended) this.#play();
  }

  #copyVolume() {
    const [media, element] = [this.#media, this.#element];
    if (element.volume !== media.volume) element.volume = media.volume;
    if (element.muted !== media.muted) element.muted = media.muted;
  }

  remove() {
    this.#abort.abort();
    const element = this.#element;
    element.pause();
    element.removeAttribute('src');
    element.load();
    element.remove();
  }

  #play() {
    // Whether it plays shows by its moving; a pause() rejects the promise.
    void Promise.resolve(this.#element.play()).catch(() => {});
  }

  async #warm() {
    this.#play();
    await wait(this.#scheduler, WARMING_MS, this.#abort.signal);
    this.#element.pause();
  }

  /** @param {number} attempt @returns {Promise<boolean>} whether it shows what the first one shows */
  async #isInStep(attempt) {
    const [media, element] = [this.#media, this.#element];
    const { paused, playbackRate: rate } = media;
    const placeS = media.currentTime + (paused ? 0 : AHEAD_S * (attempt + 1) * rate);
    element.playbackRate = rate;
    element.currentTime = placeS;
    await this.#until(() => !element.seeking, SEEKING_LIMIT_MS);
    if (paused) return media.paused && Math.abs(media.currentTime - placeS) < MOVED_S;
    const isDue = () => media.paused || media.currentTime >= placeS - EARLY_S * rate;
    await this.#until(isDue, SEEKING_LIMIT_MS);
    if (media.paused || media.currentTime > placeS) return false;
    this.#play();
    await this.#until(() => element.currentTime > placeS + MOVED_S, START_LIMIT_MS);
    return true;
  }

  /** @param {() => boolean} holds @param {number} limitMs @returns {Promise<void>} rejected when it takes too long */
  async #until(holds, limitMs) {
    for (let passedMs = 0; !holds(); passedMs += LOOK_MS) {
      if (passedMs >= limitMs || this.#element.error) throw new Error('the second picture is not ready');
      await wait(this.#scheduler, LOOK_MS, this.#abort.signal);
    }
  }
}
