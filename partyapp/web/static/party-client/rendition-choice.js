// @ts-check
/**
 * Which of a film's sources a player takes by itself: the best that the network carries, changed seldom, since
 * a change can be seen.
 *
 * The network is measured by how fast the buffer grows while the browser loads: seconds of film for each second,
 * times the source's bitrate. A browser that has enough stops loading; that tells nothing and is left out.
 */

/** @import {VideoSource} from './types.js' */

/** A look at the player. `bufferedS` is how much is loaded ahead of the picture.
 * @typedef {{nowMs: number, loadedS: number, bufferedS: number, loading: boolean, waiting: boolean}} Look
 *   loadedS: how much of the film is loaded in all; loading: whether the browser asks for more; waiting: the
 *   picture stands still for want of data
 */

/** A source is taken if it needs no more than this share of what was measured, */
const SAFE_SHARE = 0.7;
/** and a better one than the present only if it needs no more than this. */
const SPARE_SHARE = 0.4;
/** As long as the buffer grew so well that is so, ms. */
const BETTER_AFTER_MS = 20_000;
/** A picture that stands still so long in all within a minute is too much for the network, ms. */
const WAITED_TOO_LONG_MS = 3_000;
const MINUTE_MS = 60_000;
/** A change is left alone so long, so that two measurements don't undo each other, ms. */
const SETTLED_AFTER_MS = 15_000;
/** The buffer is judged over so much time at least, ms. */
const SPAN_MS = 1_000;
/** The weight of the latest measurement. */
const WEIGHT = 0.3;
/** With so much loaded ahead nothing has to be done, s. */
const ENOUGH_S = 10;
/** A picture so much wider than the screen is a waste. */
const WIDER = 1.3;

export class RenditionChoice {
  #sources;
  #current;
  /** @type {number|null} bit/s */
  #throughput = null;
  /** @type {Look|null} */
  #last = null;
  #waitedMs = 0;
  #sinceMs = -Infinity;
  /** @type {number|null} Since when a better one would be safe. */
  #spareSinceMs = null;
  #minuteBeganMs = -Infinity;

  /**
   * @param {VideoSource[]} sources of one sound, best first
   * @param {{screenWidth?: number, downlink?: number|null}} [here] screenWidth in device pixels; downlink is what
   *   the network is known to carry, bit/s, or is to be used of it
   */
  constructor(sources, { screenWidth = Infinity, downlink = null } = {}) {
    const fitting = sources.filter(({ width }, index) => index === sources.length - 1 || !isWaste(width, screenWidth));
    this.#sources = fitting;
    this.#throughput = downlink;
    this.#current = this.#bestWithin(SAFE_SHARE);
  }

  /** @returns {VideoSource|null} the one to play now */
  get source() {
    return this.#sources[this.#current] ?? null;
  }

  /** @returns {number|null} what the network carries, bit/s, as far as is known */
  get throughput() {
    return this.#throughput;
  }

  /**
   * Take in what a look at the player shows; to be called about once a second.
   * @param {Look} look
   * @returns {boolean} whether `source` is now another one
   */
  look(look) {
    const last = this.#last;
    if (last && look.nowMs - last.nowMs < SPAN_MS) return false;
    this.#last = look;
    if (!last) return false;
    const spanMs = look.nowMs - last.nowMs;
    if (look.nowMs - this.#minuteBeganMs > MINUTE_MS) {
      this.#minuteBeganMs = look.nowMs;
      this.#waitedMs = 0;
    }
    if (look.waiting && last.waiting) this.#waitedMs += spanMs;
    if (look.loading && last.loading) this.#measure((look.loadedS - last.loadedS) / (spanMs / 1000));
    return look.nowMs - this.#sinceMs >= SETTLED_AFTER_MS && this.#judge(look);
  }

  /** Another source is played now: what the last look saw was of the one before. */
  begin() {
    this.#last = null;
    this.#waitedMs = 0;
  }

  /** @param {number} growth seconds of film in a second; below 0 where a seek has emptied the buffer */
  #measure(growth) {
    const bitrate = this.source?.bitrate;
    if (!bitrate || growth < 0) return;
    const seen = growth * bitrate;
    this.#throughput = this.#throughput === null ? seen : (1 - WEIGHT) * this.#throughput + WEIGHT * seen;
  }

  /** @param {Look} look @returns {boolean} */
  #judge(look) {
    const mustFall = this.#waitedMs >= WAITED_TOO_LONG_MS;
    if (mustFall && this.#current < this.#sources.length - 1) {
      // One step at least: what stands still needs less than it has, whatever was measured.
      return this.#take(Math.max(this.#bestWithin(SAFE_SHARE), this.#current + 1), look.nowMs);
    }
    const better = this.#bestWithin(SPARE_SHARE);
    if (better >= this.#current || look.bufferedS < ENOUGH_S) {
      this.#spareSinceMs = null;
      return false;
    }
    this.#spareSinceMs ??= look.nowMs;
    if (look.nowMs - this.#spareSinceMs < BETTER_AFTER_MS) return false;
    return this.#take(better, look.nowMs);
  }

  /** @param {number} index @param {number} nowMs @returns {true} */
  #take(index, nowMs) {
    this.#current = index;
    this.#sinceMs = nowMs;
    this.#spareSinceMs = null;
    this.begin();
    return true;
  }

  /** @param {number} share @returns {number} the first source that needs no more than the share */
  #bestWithin(share) {
    if (this.#throughput === null) return 0;
    const limit = this.#throughput * share;
    const index = this.#sources.findIndex(({ bitrate }) => bitrate !== null && bitrate <= limit);
    return index >= 0 ? index : Math.max(0, this.#sources.length - 1);
  }
}

/** @param {number|null} width @param {number} screenWidth */
function isWaste(width, screenWidth) {
  return width !== null && width > screenWidth * WIDER;
}
