// @ts-check
/**
 * Players for `PlayerFollower`: a media element, and a player in a frame such as video sites offer, which is told
 * what to do by messages, answers late, seeks to whole seconds and has no speed of its own.
 */

import { hasPicture } from './media-picture.js';
import { HAVE_FUTURE_DATA, HAVE_METADATA } from './ready-state.js';

/** @import {Player, Traits} from './player-follower.js' */

/** An answer older than this says nothing any more, ms. */
const STALE_MS = 5000;

/**
 * A media element as a player.
 * @param {HTMLMediaElement} media
 * @param {{onBlocked?: (error: unknown) => void}} [options] onBlocked: the browser requires a click before it plays
 * @returns {Player}
 */
export function mediaElementPlayer(media, { onBlocked = () => {} } = {}) {
  return {
    traits: { rate: true },
    positionS: () => (media.readyState >= HAVE_METADATA ? media.currentTime : null),
    state: () => {
      if (media.paused) return 'paused';
      return media.seeking || media.readyState < HAVE_FUTURE_DATA ? 'buffering' : 'playing';
    },
    play: () => void media.play().catch(onBlocked),
    pause: () => media.pause(),
    seek: (positionS) => void (media.currentTime = positionS),
    setRate: (rate) => void (media.playbackRate = rate),
    hasPicture: () => hasPicture(media),
  };
}

/**
 * A player in a frame. Whoever owns the frame sends what `send` is given to it, and hands its answers to `told`; between
 * two answers the position is reckoned.
 * @implements {Player}
 */
export class FramePlayer {
  #send;
  #now;
  /** @type {{positionS: number, state: 'playing'|'paused'|'buffering', atMs: number}|null} */
  #latest = null;

  /**
   * @param {object} parts
   * @param {(order: {do: 'play'|'pause'}|{do: 'seek', positionS: number}) => void} parts.send
   * @param {() => number} [parts.now] a monotonic clock, ms
   * @param {Partial<Traits>} [parts.traits] what this player can do; without them: whole seconds, no rate, and answers
   *   that are a quarter of a second old
   */
  constructor({ send, now = () => performance.now(), traits = {} }) {
    this.#send = send;
    this.#now = now;
    this.traits = { rate: false, seekStepS: 1, answerMs: 250, ...traits };
  }

  /**
   * An answer of the frame.
   * @param {{positionS: number, state: 'playing'|'paused'|'buffering'}} answer
   * @param {number} [atMs] when it came
   */
  told({ positionS, state }, atMs = this.#now()) {
    if (Number.isFinite(positionS) && positionS >= 0) this.#latest = { positionS, state, atMs };
  }

  positionS() {
    const latest = this.#latest;
    const ageMs = latest ? this.#now() - latest.atMs : Infinity;
    if (!latest || ageMs > STALE_MS) return null;
    return latest.positionS + (latest.state === 'playing' ? ageMs / 1000 : 0);
  }

  state() {
    return this.#latest?.state ?? 'buffering';
  }

  play() {
    this.#send({ do: 'play' });
    this.#expect({ state: 'playing' });
  }

  pause() {
    this.#send({ do: 'pause' });
    this.#expect({ state: 'paused' });
  }

  /** @param {number} positionS */
  seek(positionS) {
    this.#send({ do: 'seek', positionS });
    this.#expect({ positionS });
  }

  /** Until it answers, it is taken to do what it was told. @param {{positionS?: number, state?: 'playing'|'paused'}} change */
  #expect(change) {
    const positionS = this.positionS();
    if (this.#latest === null || positionS === null) return;
    this.#latest = { ...this.#latest, positionS, ...change, atMs: this.#now() };
  }
}
