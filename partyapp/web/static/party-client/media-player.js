// @ts-check
/**
 * A media element as the follower controls it (hold, begin, seek, rate), and its state as the contract names it.
 */
import { middleOfFrame } from './frame-place.js';
import { hasPicture } from './media-picture.js';
import { MediaProgress } from './media-progress.js';
import { MediaSampler } from './media-sampler.js';
import { MediaSeeks } from './media-seeks.js';
import { MediaStarter } from './media-starter.js';
import { isQuiet } from './nudge.js';
import { HAVE_FUTURE_DATA, HAVE_METADATA } from './ready-state.js';

/** @typedef {import('./types.js').MemberStatus} MemberStatus */
/** @typedef {import('./media-sampler.js').Reading} Reading */

const NETWORK_LOADING = 2;
/** On the way to a start the picture is held to within about a frame: the start is early or late by the rest. */
const HOLD_TOLERANCE_S = 0.03;
/** At rest all show the same frame, so they stand at the same place. */
const REST_TOLERANCE_S = 0.001;
/** Nearer than this a start needs no seek: a seek costs more than the nudge that mends it. */
const BEGIN_TOLERANCE_S = 0.15;
/** What is loading has told its length by then, or play() must ask for it (a browser that saves data). */
const METADATA_LIMIT_MS = 2000;
/** Further off than this a frame that was shown a moment ago is no help. */
const FAR_S = 0.4;
/** The end is reached when it is nearer than this. */
const END_TOLERANCE_S = 0.05;
/** A film that is fed by segments may never answer a seek to its last moment. */
const FED_EDGE_S = 0.1;

export class MediaPlayer {
  /** @type {number|null} The last position to hold at, so that an unreachable one is sought once. */
  #heldS = null;
  /** Whether it moved since it was last put to its place: what a pause leaves on the screen is not quite `currentTime`. */
  #hasMoved = false;
  /** @type {number|null} Since when a start has waited for the metadata, ms. */
  #waitingSinceMs = null;
  #now;
  #progress;
  #sampler;
  #starter;
  #seeks;
  /** @type {number|null} Where it stands while it follows nobody, */
  #ownS = null;
  /** and whether another source has taken that away. */
  #isDisplaced = false;
  #onEmptied = () => this.#beginAnew();

  /**
   * @param {object} parts
   * @param {HTMLMediaElement} parts.media
   * @param {() => number} parts.now ms, the clock of performance.now()
   * @param {() => void} parts.onBlocked
   * @param {() => void} parts.onUnblocked
   * @param {() => void} [parts.onUnseekable] seeks don't end where they should; once for each film
   */
  constructor({ media, now, onBlocked, onUnblocked, onUnseekable = () => {} }) {
    this.media = media;
    this.#now = now;
    this.#seeks = new MediaSeeks({ media, now, onUnseekable });
    this.#progress = new MediaProgress(media);
    this.#sampler = new MediaSampler(media, now);
    this.#starter = new MediaStarter({ media, now, onBlocked, onUnblocked });
  }

  get blocked() {
    return this.#starter.blocked;
  }

  /** Time from play() until the picture moves, ms. */
  get startLatencyMs() {
    return this.#starter.latencyMs;
  }

  /** Whether the picture moves. */
  get isMoving() {
    return !this.media.paused && !this.isBusy;
  }

  /** Whether it seeks, or waits for data. */
  get isBusy() {
    if (!hasPicture(this.media)) return true;
    return this.media.readyState < HAVE_FUTURE_DATA && !this.#progress.isAdvancing;
  }

  /** Length of the media file in seconds; Infinity before it is loaded. */
  get durationS() {
    return this.media.duration > 0 ? this.media.duration : Infinity;
  }

  get #lastPlaceS() {
    return this.media.currentSrc?.startsWith('blob:') ? this.durationS - FED_EDGE_S : this.durationS;
  }

  /** @param {number} positionS @returns {boolean} whether there is nothing to play from there on */
  isEnd(positionS) {
    return positionS >= this.durationS - END_TOLERANCE_S;
  }

  /** Look whether the picture advances; to be called 20 times a second while it plays. */
  look() {
    this.#progress.look(this.#now());
  }

  start() {
    this.#preservePitch(true);
    this.#sampler.start();
    this.#seeks.start();
    this.#starter.start();
    this.media.addEventListener('emptied', this.#onEmptied);
  }

  stop() {
    this.#sampler.stop();
    this.#seeks.stop();
    this.#starter.stop();
    this.media.removeEventListener('emptied', this.#onEmptied);
  }

  /** Discard the readings so far: after a stall, a seek, a hidden page. */
  invalidate() {
    this.#sampler.reset();
    this.#progress.reset();
    this.#starter.invalidate();
  }

  /**
   * Be paused at a place.
   * @param {number} positionS
   * @param {number} rate to run at later
   * @param {{atRest?: boolean, frameRate?: number|null}} [how] atRest: no start is near, so it shows the very frame;
   *   frameRate: of the film, if it is known
   * @returns {boolean} whether it was moving until now
   */
  hold(positionS, rate, { atRest = false, frameRate = null } = {}) {
    const { media } = this;
    const moved = this.pause();
    this.setRate(rate);
    // The catalogue's duration may be longer than the file's.
    const placeS = Math.min(middleOfFrame(positionS, frameRate), this.#lastPlaceS);
    const exact = atRest && !this.isEnd(placeS);
    const away = Math.abs(media.currentTime - placeS) > (exact ? REST_TOLERANCE_S : HOLD_TOLERANCE_S);
    const isAnew = (away || (exact && this.#hasMoved)) && !media.seeking && this.#heldS !== placeS;
    const due = isAnew || this.#seeks.isAstray(placeS, 0);
    if (due && media.readyState >= HAVE_METADATA && this.seek(placeS)) {
      this.#heldS = placeS;
      if (exact) this.#hasMoved = false;
    }
    return moved;
  }

  /**
   * Begin to play from a place.
   * @param {number} positionS where it is to be when the picture moves
   * @param {number} rate
   * @param {number} landingLatencyMs how late a seek lands
   * @returns {boolean} whether it had to seek for it
   */
  begin(positionS, rate, landingLatencyMs) {
    if (!this.#starter.mayPlay || this.#waitsForMetadata()) return false;
    const { media } = this;
    this.#heldS = null;
    // WebKit's picture stands still for good after a seek and a play() from before the metadata.
    const known = media.readyState >= HAVE_METADATA;
    // What has ended begins at its start, if it is played where it stands.
    const away = known && (media.ended || Math.abs(media.currentTime - positionS) > BEGIN_TOLERANCE_S);
    const far = away && this.seek(positionS + (landingLatencyMs * rate) / 1000);
    this.setRate(rate);
    void this.#starter.play({ measure: !far && !this.isBusy });
    return far;
  }

  /** @returns {boolean} whether a start is better put off until the metadata is there, which comes by itself */
  #waitsForMetadata() {
    const { networkState, readyState } = this.media;
    if (readyState >= HAVE_METADATA || networkState !== NETWORK_LOADING) {
      this.#waitingSinceMs = null;
      return false;
    }
    this.#waitingSinceMs ??= this.#now();
    return this.#now() - this.#waitingSinceMs < METADATA_LIMIT_MS;
  }

  /** Pause where it is. @returns {boolean} whether it was moving until now */
  pause() {
    if (this.media.paused) return false;
    this.#starter.pause();
    this.#hasMoved = true;
    this.#heldS = null;
    return true;
  }

  /** Where it stands on its own, or will as soon as its source is loaded, s. */
  get ownPlaceS() {
    return this.#ownS ?? this.media.currentTime;
  }

  /**
   * To be called at each look: who follows nobody stays, and with another source goes back to where it stood.
   * @param {boolean} isAlone
   */
  stay(isAlone) {
    const { media } = this;
    if (isAlone && (media.error || media.readyState < HAVE_METADATA)) return;
    if (isAlone && this.#isDisplaced && this.#ownS !== null) this.seek(this.#ownS);
    this.#ownS = isAlone ? media.currentTime : null;
    this.#isDisplaced = false;
  }

  /** @returns {boolean} whether it was playing and stands still by the doing of somebody else; told once */
  takePauseOfOthers() {
    return this.#starter.takePauseOfOthers();
  }

  /** From a user's click, which lifts the browser's refusal. @returns {Promise<void>} never rejected */
  resume() {
    return this.#starter.play({ byUser: true });
  }

  /** @param {number} positionS @returns {boolean} false if this film can't be sought there: it goes on where it is */
  seek(positionS) {
    const placeS = Math.min(Math.max(0, positionS), this.#lastPlaceS);
    if (!this.#seeks.allows(placeS)) return false;
    this.invalidate();
    this.#seeks.seek(placeS);
    return true;
  }

  /** @param {number} targetS @param {number} rate @returns {boolean} whether it seeks, and won't get there by that */
  isAstray(targetS, rate) {
    return this.#seeks.isAstray(Math.min(targetS, this.#lastPlaceS), rate);
  }

  /** Another film, or the same one anew: what was ordered and learned was of the one before. */
  #beginAnew() {
    this.#seeks.forget();
    this.#starter.forget();
    this.#heldS = null;
    this.#waitingSinceMs = null;
    this.#isDisplaced = this.#ownS !== null;
  }

  /** @param {number} rate @param {number} [roomRate] the rate of the room, from which this one may be bent a little */
  setRate(rate, roomRate = rate) {
    if (this.media.playbackRate === rate) return;
    this.#preservePitch(!isQuiet(rate, roomRate));
    this.media.playbackRate = rate;
  }

  /** @param {boolean} preserve */
  #preservePitch(preserve) {
    // Older browsers know the property by other names.
    const media = /** @type {any} */ (this.media);
    for (const name of ['preservesPitch', 'mozPreservesPitch', 'webkitPreservesPitch']) {
      if (name in media && media[name] !== preserve) media[name] = preserve;
    }
  }

  /**
   * When the room has jumped the frames at hand are all from before: only `currentTime` shows it at once.
   * @param {number} rate the room's
   * @param {number} nowMs
   * @param {number|null} targetS where it should be now; null while that is not known
   * @returns {Reading[]} where it has been since the last call, oldest first
   */
  read(rate, nowMs, targetS) {
    const readings = this.#sampler.read();
    for (const reading of readings) this.#starter.observe(reading, rate);
    const positionS = this.media.currentTime;
    if (targetS === null || Math.abs(targetS - positionS) <= FAR_S) return readings;
    return [{ positionS, atMs: nowMs, source: 'clock' }];
  }

  /**
   * A room at rest waits, or will when it is to start, until each can show the place at which it stands. `currentTime` is
   * that place from the moment of the seek, and 0 with nothing loaded at all, as on a phone that wants a press first.
   * @param {'stopped'|'playing'|'paused'} roomState
   * @returns {MemberStatus['state']} its state for the room
   */
  stateFor(roomState) {
    if (roomState !== 'playing' && !hasPicture(this.media)) return 'buffering';
    if (roomState === 'playing' && !this.media.ended) {
      if (this.isMoving) return 'playing';
      return this.blocked ? 'paused' : 'buffering';
    }
    return roomState === 'stopped' && !this.isBusy ? 'ready' : 'paused';
  }
}
