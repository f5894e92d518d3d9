// @ts-check
/**
 * One track (the picture or the sound) of a film that is fed by segments, and its SourceBuffer.
 *
 * What comes next is read from `buffered` and never counted: browsers drop parts of their own accord. A film doesn't
 * fit (QuotaExceededError at some 150 MB), so what is far from the place is removed by hand.
 */
import { hasNegativeOffsets } from './fragment-offsets.js';
import { segmentsOf } from './hls-playlist.js';

/** @typedef {import('./hls-playlist.js').SegmentList} SegmentList */
/** @typedef {import('./hls-playlist.js').Segment} Segment */
/** @typedef {(url: string, range: string|null) => Promise<ArrayBuffer>} FetchPart */

const AHEAD_S = 60;
const BEHIND_S = 30;
/** Where a buffer was full it is given less, but never less than this. */
const LEAST_AHEAD_S = 8;
const LEAST_BEHIND_S = 2;
/** Removing is put off until there is so much of it. */
const REMOVAL_S = 10;
/** Gaps below this, as between two segments of sound, are none. */
const GAP_S = 0.1;
/** An engine may take a place for one in the buffer where that begins so little later: Firefox up to 0.14 s, measured. */
const NEAR_S = 0.5;
/** A shift of all frames is no less than a rounding, and no more than a few of them, s. */
const LEAST_SHIFT_S = 0.005;
const MOST_SHIFT_S = 0.3;

export class SegmentTrack {
  #buffer;
  #url;
  #fetchPart;
  #aheadS = AHEAD_S;
  #behindS = BEHIND_S;
  /** @type {SegmentList|null} */
  #list = null;
  #hasInit = false;
  /** The segments that were put in since the buffer reached so far: those that add nothing aren't put in again. */
  #tried = { indexes: /** @type {Set<number>} */ (new Set()), endS: -1 };
  #isBusy = false;
  /** @type {number|null} How much later than it should this browser shows the frames; null until it was seen. */
  #shiftS = null;

  /**
   * @param {object} parts
   * @param {SourceBuffer} parts.buffer
   * @param {string} parts.url of its playlist
   * @param {FetchPart} parts.fetchPart
   */
  constructor({ buffer, url, fetchPart }) {
    this.#buffer = buffer;
    this.#url = url;
    this.#fetchPart = fetchPart;
  }

  /** Whether the playlist says that no more will come. */
  get isWhole() {
    return this.#list?.isWhole ?? false;
  }

  /** How much of the film its playlist has, s. */
  get readyS() {
    const last = this.#list?.segments.at(-1);
    return last ? last.startS + last.durationS : 0;
  }

  /** Whether all of the film is in the buffer. */
  get isFull() {
    const { buffered } = this.#buffer;
    return this.isWhole && !this.#isBusy && !this.#buffer.updating && buffered.length === 1
      && buffered.start(0) < GAP_S && this.readyS - buffered.end(0) < 2 * GAP_S;
  }

  /** Read the playlist again, unless it is whole. @returns {Promise<void>} */
  async refresh() {
    if (this.isWhole) return;
    const list = segmentsOf(new TextDecoder().decode(await this.#fetchPart(this.#url, null)), this.#url);
    // One that comes late from a cache is shorter than the last.
    if (!this.#list || list.isWhole || list.segments.length >= this.#list.segments.length) this.#list = list;
  }

  /**
   * Do the next thing that is due: remove, or put a segment in.
   * @param {() => number} placeOf where the film is by now, s: a segment takes a while to come
   * @returns {Promise<boolean>} whether there was anything to do
   */
  async step(placeOf) {
    if (this.#isBusy || this.#buffer.updating || !this.#list) return false;
    this.#isBusy = true;
    try {
      if (await this.#trim(placeOf())) return true;
      if (!this.#hasInit) {
        await this.#append(await this.#fetchPart(this.#list.initUrl, this.#list.initRange));
        this.#hasInit = true;
        return true;
      }
      return await this.#addNext(placeOf);
    } finally {
      this.#isBusy = false;
    }
  }

  /** @param {() => number} placeOf @returns {Promise<boolean>} */
  async #addNext(placeOf) {
    const index = this.#nextIndex(placeOf());
    const segment = this.#list?.segments[index];
    if (!segment) return false;
    const data = await this.#fetchPart(segment.url, segment.range);
    // The film has gone elsewhere meanwhile: this would only take the room of what it needs there.
    if (this.#nextIndex(placeOf()) !== index) return true;
    try {
      await this.#appendSegment(segment, data);
      this.#noteTried(index, this.#reachS(placeOf()));
    } catch (error) {
      if (/** @type {Error} */ (error).name !== 'QuotaExceededError') throw error;
      await this.#makeRoom(placeOf());
    }
    return true;
  }

  /** @param {number} index @param {number} endS how far the buffer reaches now that it was put in */
  #noteTried(index, endS) {
    if (Math.abs(endS - this.#tried.endS) >= GAP_S / 2) this.#tried = { indexes: new Set(), endS };
    this.#tried.indexes.add(index);
  }

  /** @param {number} placeS @returns {number} how far it can be played from there without a gap, s */
  #reachS(placeS) {
    const { buffered } = this.#buffer;
    let endS = placeS;
    for (let index = 0; index < buffered.length; index += 1) {
      if (buffered.start(index) <= endS + GAP_S && buffered.end(index) > endS) endS = buffered.end(index);
    }
    return endS;
  }

  /** @param {number} placeS @returns {boolean} whether what is shown there is in the buffer */
  covers(placeS) {
    const { buffered } = this.#buffer;
    for (let index = 0; index < buffered.length; index += 1) {
      if (buffered.start(index) <= placeS && placeS < buffered.end(index)) return true;
    }
    return false;
  }

  /** @param {number} placeS @returns {boolean} whether the buffer lacks it, and begins a little later */
  beginsSoonAfter(placeS) {
    return !this.covers(placeS) && this.covers(placeS + NEAR_S);
  }

  /** @param {{startS: number, durationS: number}} segment @returns {boolean} whether any of it is in the buffer */
  #has({ startS, durationS }) {
    const { buffered } = this.#buffer;
    const edgeS = Math.min(GAP_S, durationS) / 2;
    for (let index = 0; index < buffered.length; index += 1) {
      if (buffered.start(index) < startS + durationS - edgeS && buffered.end(index) > startS + edgeS) return true;
    }
    return false;
  }

  /** @param {number} placeS @returns {number} of the segment to put in next; -1 for none */
  #nextIndex(placeS) {
    const segments = this.#list?.segments ?? [];
    const endS = this.#reachS(placeS);
    // A place in a segment's last frame is nearer to the next segment than a gap is long.
    const here = segments.findIndex(({ startS, durationS }) => startS <= placeS && placeS < startS + durationS);
    if (here >= 0 && !this.#has(segments[here]) && !this.#isTried(here, endS)) return here;
    if (endS - placeS >= this.#aheadS) return -1;
    // A segment that ends within a gap's width of there has nothing more to give.
    const index = segments.findIndex(({ startS, durationS }, at) => (
      startS + durationS > endS + GAP_S / 2 && !this.#isTried(at, endS)
    ));
    // What lies behind a hole is put in as far ahead as anything.
    return index >= 0 && segments[index].startS < placeS + this.#aheadS ? index : -1;
  }

  /** @param {number} index @param {number} endS how far the buffer reaches */
  #isTried(index, endS) {
    return Math.abs(endS - this.#tried.endS) < GAP_S / 2 && this.#tried.indexes.has(index);
  }

  /** Remove what is far from the place. @param {number} placeS @returns {Promise<boolean>} */
  async #trim(placeS) {
    const { buffered } = this.#buffer;
    if (buffered.length === 0 || this.isFull) return false;
    const [firstS, lastS] = [buffered.start(0), buffered.end(buffered.length - 1)];
    if (firstS < placeS - this.#behindS - REMOVAL_S) return this.#remove(firstS, placeS - this.#behindS);
    const tooFarS = placeS + this.#aheadS + REMOVAL_S;
    return lastS > tooFarS ? this.#remove(tooFarS, Infinity) : false;
  }

  /** The buffer is full: keep less of it. @param {number} placeS */
  async #makeRoom(placeS) {
    this.#aheadS = Math.max(LEAST_AHEAD_S, this.#aheadS / 2);
    this.#behindS = Math.max(LEAST_BEHIND_S, this.#behindS / 2);
    const { buffered } = this.#buffer;
    if (buffered.length === 0) return;
    if (buffered.start(0) < placeS - this.#behindS) await this.#remove(buffered.start(0), placeS - this.#behindS);
    // Firefox, full and paused after a seek, takes nothing until what lies ahead elsewhere is gone.
    await this.#remove(placeS + this.#aheadS, Infinity);
  }

  /** @param {number} fromS @param {number} toS @returns {Promise<boolean>} true */
  async #remove(fromS, toS) {
    if (toS > fromS) await this.#update(() => this.#buffer.remove(Math.max(0, fromS), toS));
    this.#tried = { indexes: new Set(), endS: -1 };
    return true;
  }

  /**
   * WebKitGTK (GStreamer's demuxer) shows each frame of fragments with negative composition offsets later by the largest
   * of those: a film with B-frames is a frame late. The first segment to be put in shows whether it does.
   * @param {Segment} segment @param {ArrayBuffer} data
   */
  async #appendSegment(segment, data) {
    const { startS, durationS } = segment;
    // It begins the film's first frame at 0 all the same, and would drop it, and all up to the next keyframe, below that.
    const isFirst = startS < GAP_S;
    const offsetS = isFirst ? 0 : -(this.#shiftS ?? 0);
    if ((this.#buffer.timestampOffset ?? 0) !== offsetS) this.#buffer.timestampOffset = offsetS;
    await this.#append(data);
    if (this.#shiftS !== null) return;
    const shiftS = this.#reachS(startS + durationS / 2) - startS - durationS;
    const isShifted = shiftS > LEAST_SHIFT_S && shiftS < MOST_SHIFT_S && hasNegativeOffsets(data);
    this.#shiftS = isShifted ? shiftS : 0;
    if (!isShifted || isFirst) return;
    await this.#remove(0, Infinity);
    await this.#appendSegment(segment, data);
  }

  /** @param {ArrayBuffer} data @returns {Promise<void>} */
  #append(data) {
    return this.#update(() => this.#buffer.appendBuffer(data));
  }

  /** @param {() => void} begin @returns {Promise<void>} when it is done */
  #update(begin) {
    return new Promise((resolve, reject) => {
      const buffer = this.#buffer;
      /** @param {Event} event */
      const end = (event) => {
        for (const type of ['updateend', 'error']) buffer.removeEventListener(type, end);
        if (event.type === 'error') reject(new Error('the browser can not decode this segment'));
        else resolve();
      };
      for (const type of ['updateend', 'error']) buffer.addEventListener(type, end);
      try {
        begin();
      } catch (error) {
        for (const type of ['updateend', 'error']) buffer.removeEventListener(type, end);
        reject(error);
      }
    });
  }
}
