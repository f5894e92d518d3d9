// @ts-check
/**
 * The next film, loaded unseen while the one before it comes to its end. When the party changes to it, its first
 * frame lies over the player until that has loaded the same address, which the browser then has already.
 */
import { HAVE_CURRENT_DATA } from './ready-state.js';
import { unseenPicture } from './unseen-picture.js';

/** At most so long the frame covers the player, ms. */
const COVER_LIMIT_MS = 5000;
/** What begins further on than this has another first frame, s. */
const START_S = 0.5;

export class FilmPreload {
  #media;
  #create;
  #scheduler;
  /** @type {HTMLVideoElement|null} */
  #element = null;
  /** What lies over the player now. @type {HTMLVideoElement|null} */
  #cover = null;
  /** @type {string|null} */
  url = null;

  /**
   * @param {object} parts
   * @param {HTMLVideoElement} parts.media the player
   * @param {() => HTMLVideoElement} [parts.create]
   * @param {import('./types.js').Scheduler} parts.scheduler
   */
  constructor({ media, create = () => document.createElement('video'), scheduler }) {
    this.#media = media;
    this.#create = create;
    this.#scheduler = scheduler;
  }

  /** Whether its first frame is there. */
  get isReady() {
    return (this.#element?.readyState ?? 0) >= HAVE_CURRENT_DATA;
  }

  /**
   * Load this address, and nothing else any more. What covers the player goes on to.
   * @param {string|null} url null: nothing
   */
  prepare(url) {
    if (url === this.url) return;
    this.#unload();
    if (url === null) return;
    const element = (this.#element = unseenPicture(this.#media, this.#create));
    this.#media.after(element);
    element.src = url;
    this.url = url;
  }

  /**
   * The player changes to this film: cover it until it shows it.
   * @param {string} url
   * @param {number} positionS where it begins
   * @returns {boolean} whether there was something to cover it with
   */
  cover(url, positionS) {
    const element = this.#element;
    if (url !== this.url || !element || !this.isReady || positionS > START_S) {
      this.remove();
      return false;
    }
    this.#uncover();
    this.#cover = element;
    this.#element = this.url = null;
    element.style.opacity = '1';
    const media = this.#media;
    const isDone = () => {
      if (this.#cover === element) this.#uncover();
    };
    const isLoaded = () => {
      media.removeEventListener('loadeddata', isLoaded);
      // What is loaded isn't on the screen yet.
      if (media.requestVideoFrameCallback) media.requestVideoFrameCallback(isDone);
      else isDone();
    };
    media.addEventListener('loadeddata', isLoaded);
    this.#scheduler.setTimeout(() => {
      media.removeEventListener('loadeddata', isLoaded);
      isDone();
    }, COVER_LIMIT_MS);
    return true;
  }

  remove() {
    this.#unload();
    this.#uncover();
  }

  #unload() {
    if (this.#element) discard(this.#element);
    this.#element = this.url = null;
  }

  #uncover() {
    if (this.#cover) discard(this.#cover);
    this.#cover = null;
  }
}

/** @param {HTMLVideoElement} element */
function discard(element) {
  element.removeAttribute('src');
  element.load();
  element.remove();
}
