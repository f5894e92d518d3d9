// @ts-check
/**
 * Feeds a media element with a film that is still being prepared, by Media Source Extensions: the picture and the
 * sound apart, in segments, as far as there are any. The whole length is set at once, so that a seek ahead waits
 * where it went and lands on the right frame when that comes.
 *
 * Events: `fault` (nothing comes for a while, or the browser can't play it; `detail.error`, `detail.isFinal`).
 */
import { tracksOf } from './hls-playlist.js';
import { linkedAbort } from './linked-abort.js';
import { fullJitterMs, systemScheduler } from './scheduler.js';
import { SegmentTrack } from './segment-track.js';

/** @typedef {import('./types.js').Scheduler} Scheduler */

/** One part of a film may take this long. */
const PART_LIMIT_MS = 20_000;
const STEP_MS = 250;
const REFRESH_MS = 1000;
/** After so many failures in a row it is told. */
const FAILURES_TOLD = 4;
const BACKOFF = { baseMs: 500, capMs: 8000 };

/** @returns {typeof MediaSource|null} what this browser feeds a film with; Apple's phones know the managed one alone */
export function mediaSourceOf(target = /** @type {any} */ (globalThis)) {
  return target.MediaSource ?? target.ManagedMediaSource ?? null;
}

export class SegmentFeeder extends EventTarget {
  #media;
  #url;
  #durationS;
  #fetch;
  #scheduler;
  #random;
  #Source;
  #abort = new AbortController();
  /** @type {MediaSource|null} */
  #source = null;
  #objectUrl = '';
  /** @type {SegmentTrack[]} The picture's first. */
  #tracks = [];
  #failures = 0;
  #refreshInMs = 0;
  #hasEnded = false;
  #isStepping = false;
  /** @type {unknown} */
  #timer = null;
  /** @type {number|null} A place that was sought a little before what the buffer has of the picture, s. */
  #missedS = null;
  #onSeeking = () => {
    const { currentTime } = this.#media;
    this.#missedS = this.#tracks[0]?.beginsSoonAfter(currentTime) ? currentTime : null;
    void this.#step();
  };

  /**
   * @param {object} parts
   * @param {HTMLMediaElement} parts.media
   * @param {string} parts.url of the playlist
   * @param {number|null} parts.durationS of the whole film; null while nobody knows
   * @param {typeof fetch} [parts.fetchImpl]
   * @param {Scheduler} [parts.scheduler]
   * @param {() => number} [parts.random]
   * @param {typeof MediaSource|null} [parts.Source]
   */
  constructor({
    media, url, durationS, fetchImpl = (...given) => globalThis.fetch(...given), scheduler = systemScheduler,
    random = Math.random, Source = mediaSourceOf(),
  }) {
    super();
    this.#media = media;
    this.#url = url;
    this.#durationS = durationS;
    this.#fetch = fetchImpl;
    this.#scheduler = scheduler;
    this.#random = random;
    this.#Source = Source;
  }

  /** Whether the whole film is in the browser, and it was told so. */
  get hasEnded() {
    return this.#hasEnded;
  }

  /** How much of the film there is, s. */
  get readyS() {
    return this.#tracks.length > 0 ? Math.min(...this.#tracks.map(({ readyS }) => readyS)) : 0;
  }

  start() {
    if (!this.#Source) {
      this.#tell(new Error('this browser can not be fed'), true);
      return;
    }
    this.#media.addEventListener('seeking', this.#onSeeking);
    // Apple asks for this before it takes a managed source.
    if (!('MediaSource' in globalThis)) this.#media.disableRemotePlayback = true;
    this.#begin(this.#Source);
  }

  /** @param {typeof MediaSource} Source */
  #begin(Source) {
    this.#tracks = [];
    this.#hasEnded = this.#isStepping = false;
    this.#missedS = null;
    this.#refreshInMs = 0;
    const source = this.#source = new Source();
    source.addEventListener('sourceopen', () => void this.#open(source), { once: true });
    source.addEventListener('sourceclose', () => this.#closed(source, Source), { once: true });
    if (this.#objectUrl) URL.revokeObjectURL(this.#objectUrl);
    this.#objectUrl = URL.createObjectURL(source);
    this.#media.src = this.#objectUrl;
  }

  /**
   * The browser has let the film go: for want of memory, or since its player crashed. It is fed anew, unless the element
   * has failed, or plays something else: that is for others to see to.
   * @param {MediaSource} source @param {typeof MediaSource} Source
   */
  #closed(source, Source) {
    const isOurs = source === this.#source && this.#media.src === this.#objectUrl;
    if (!isOurs || this.#abort.signal.aborted || this.#media.error) return;
    this.#failed(new Error('the browser has closed the film'), false);
    this.#hasEnded = false;
    this.#source = null;
    this.#later(() => this.#begin(Source), BACKOFF.baseMs + fullJitterMs(this.#failures, this.#backoff));
  }

  /** Let the element go, as it is. */
  stop() {
    this.#abort.abort();
    this.#scheduler.clearTimeout(this.#timer);
    this.#media.removeEventListener('seeking', this.#onSeeking);
    if (this.#objectUrl) URL.revokeObjectURL(this.#objectUrl);
    this.#objectUrl = '';
  }

  /** @param {MediaSource} source that is open */
  async #open(source) {
    if (this.#abort.signal.aborted || source !== this.#source) return;
    try {
      const addresses = tracksOf(new TextDecoder().decode(await this.#part(this.#url, null)), this.#url);
      if (source !== this.#source) return;
      if (this.#durationS && source.readyState === 'open') source.duration = this.#durationS;
      this.#tracks = addresses.map(({ url, mimeType }) => new SegmentTrack({
        buffer: source.addSourceBuffer(mimeType), url, fetchPart: (address, range) => this.#part(address, range),
      }));
      this.#failures = 0;
      await this.#step();
    } catch (error) {
      if (this.#abort.signal.aborted || source !== this.#source) return;
      const isFinal = ['NotSupportedError', 'SyntaxError'].includes(/** @type {Error} */ (error).name);
      this.#failed(error, isFinal);
      if (!isFinal) this.#later(() => void this.#open(source), fullJitterMs(this.#failures, this.#backoff));
    }
  }

  get #backoff() {
    return { ...BACKOFF, random: this.#random };
  }

  async #step() {
    if (this.#abort.signal.aborted || this.#tracks.length === 0 || this.#isStepping) return;
    this.#isStepping = true;
    const source = this.#source;
    let delayMs = STEP_MS;
    try {
      if (this.#refreshInMs <= 0) {
        await Promise.all(this.#tracks.map((track) => track.refresh()));
        this.#refreshInMs = REFRESH_MS;
      }
      const did = await Promise.all(this.#tracks.map((track) => track.step(() => this.#media.currentTime)));
      if (source !== this.#source) return;
      this.#failures = 0;
      this.#showMissed();
      if (did.includes(true)) delayMs = 0;
      this.#endIfFull();
    } catch (error) {
      if (this.#abort.signal.aborted || source !== this.#source) return;
      this.#failed(error, this.#media.error !== null);
      delayMs = BACKOFF.baseMs + fullJitterMs(this.#failures, this.#backoff);
    } finally {
      // What was under way as the browser closed the film may end late, or never.
      if (source === this.#source) {
        this.#isStepping = false;
        this.#refreshInMs -= delayMs;
        this.#later(() => void this.#step(), delayMs);
      }
    }
  }

  /**
   * Browsers take a place for one that they have where the buffer begins a little later: they end the seek at once, show
   * the first frame of the buffer, and don't look again when what belongs there comes. A paused one is sought anew then.
   */
  #showMissed() {
    const [placeS, media] = [this.#missedS, this.#media];
    if (placeS === null || !this.#tracks[0]?.covers(placeS)) return;
    this.#missedS = null;
    if (media.paused && media.currentTime === placeS) media.currentTime = placeS;
  }

  /** Once, and only if nothing will have to be put in any more: an append after it ends WebKitGTK's element. */
  #endIfFull() {
    const source = this.#source;
    if (this.#hasEnded || source?.readyState !== 'open' || !this.#tracks.every(({ isFull }) => isFull)) return;
    this.#hasEnded = true;
    source.endOfStream();
  }

  /** @param {() => void} run @param {number} delayMs */
  #later(run, delayMs) {
    this.#scheduler.clearTimeout(this.#timer);
    if (!this.#abort.signal.aborted && !this.#hasEnded) this.#timer = this.#scheduler.setTimeout(run, delayMs);
  }

  /** @param {unknown} error @param {boolean} isFinal */
  #failed(error, isFinal) {
    this.#failures += 1;
    if (isFinal || this.#failures === FAILURES_TOLD) this.#tell(error, isFinal);
  }

  /** @param {unknown} error @param {boolean} isFinal */
  #tell(error, isFinal) {
    this.dispatchEvent(new CustomEvent('fault', { detail: { error, isFinal } }));
  }

  /**
   * @param {string} url
   * @param {string|null} range
   * @returns {Promise<ArrayBuffer>}
   */
  async #part(url, range) {
    const { controller, unlink } = linkedAbort(this.#abort.signal);
    const limit = this.#scheduler.setTimeout(() => controller.abort(new Error('it took too long')), PART_LIMIT_MS);
    try {
      const headers = range === null ? undefined : { Range: range };
      const response = await this.#fetch(url, { headers, signal: controller.signal, credentials: 'same-origin' });
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      // The limit is for the body, too.
      return await response.arrayBuffer();
    } finally {
      unlink();
      this.#scheduler.clearTimeout(limit);
    }
  }
}
