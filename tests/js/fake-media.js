/** A media element in virtual time, as far as a follower can tell: it starts and seeks late, stalls, and may be blocked. */

export class FakeMedia extends EventTarget {
  #baseS = 0;
  #baseMs = 0;
  #movesFromMs = Infinity;
  #rate = 1;

  constructor(time, { durationS = 600, startMs = 60, seekMs = 150, frameMs = 0, seekableS = durationS, ranges = null, aheadS = 0 } = {}) {
    super();
    Object.assign(this, { time, duration: durationS, startMs, seekMs, seekableS });
    // What a browser says it can seek to; null in those tests that need no answer.
    if (ranges) this.seekable = { length: ranges.length, start: (index) => ranges[index][0], end: (index) => ranges[index][1] };
    Object.assign(this, { paused: true, seeking: false, readyState: 4, networkState: 1, error: null, preservesPitch: false, refuses: null });
    this.rates = [];
    this.seeks = [];
    this.playCalls = [];
    if (frameMs > 0) this.#offerFrames(frameMs, aheadS);
  }

  get currentTime() {
    const movedMs = Math.max(0, this.time.ms - Math.max(this.#baseMs, this.#movesFromMs));
    return Math.min(this.duration, this.#baseS + (movedMs * this.#rate) / 1000);
  }

  set currentTime(positionS) {
    this.seeks.push({ positionS, atMs: this.time.ms });
    this.#rebase(Math.min(Math.max(0, positionS), this.seekableS));
    this.seeking = true;
    this.#movesFromMs = Infinity;
    this.dispatchEvent(new Event('seeking'));
    this.time.scheduler.setTimeout(() => {
      this.seeking = false;
      if (!this.paused) this.#movesFromMs = Math.max(this.time.ms, this.beginsAtMs ?? 0);
      this.dispatchEvent(new Event('seeked'));
    }, this.seekMs);
  }

  get playbackRate() {
    return this.#rate;
  }

  set playbackRate(rate) {
    this.#rebase(this.currentTime);
    this.#rate = rate;
    this.rates.push(rate);
  }

  get ended() {
    return this.currentTime >= this.duration;
  }

  async play() {
    this.playCalls.push(this.time.ms);
    if (this.refuses) throw Object.assign(new Error('refused'), { name: this.refuses });
    this.paused = false;
    this.beginsAtMs = this.time.ms + this.startMs;
    if (!this.seeking) this.#movesFromMs = this.beginsAtMs;
  }

  pause() {
    const was = this.paused;
    this.#rebase(this.currentTime);
    this.paused = true;
    this.#movesFromMs = Infinity;
    if (!was) this.dispatchEvent(new Event('pause'));
  }

  /** Run out of data for a while. */
  stall(forMs) {
    this.#rebase(this.currentTime);
    this.#movesFromMs = this.time.ms + forMs;
    this.readyState = 2;
    this.dispatchEvent(new Event('waiting'));
    this.time.scheduler.setTimeout(() => {
      this.readyState = 4;
      this.dispatchEvent(new Event('playing'));
    }, forMs);
  }

  /** Stand still from now on, though it claims to play, until it is sought. */
  freeze() {
    this.#rebase(this.currentTime);
    this.#movesFromMs = Infinity;
  }

  #rebase(positionS) {
    this.#baseS = positionS;
    this.#baseMs = this.time.ms;
  }

  /** A frame each so many ms, its callback a little before it is on the screen; its media time may be too large. */
  #offerFrames(frameMs, aheadS) {
    let last = 0;
    const waiting = new Map();
    this.requestVideoFrameCallback = (callback) => {
      last += 1;
      const handle = last;
      waiting.set(handle, callback);
      this.time.scheduler.setTimeout(() => {
        if (!waiting.delete(handle)) return;
        const expectedDisplayTime = this.time.ms + 12;
        callback(this.time.ms, { expectedDisplayTime, mediaTime: this.currentTime + (0.012 * this.#rate) + aheadS });
      }, frameMs);
      return handle;
    };
    this.cancelVideoFrameCallback = (handle) => void waiting.delete(handle);
  }
}
