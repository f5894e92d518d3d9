/**
 * A media element as HTML describes it, in virtual time, with sources that come and go: the load algorithm, metadata
 * that comes late, seeks that wait for data, promises of play() that are kept, refused or overtaken. Its events are
 * tasks in one queue: a page that is busy gets them late, and several before its next timer.
 */
const [NOTHING, METADATA, CURRENT_DATA, ENOUGH_DATA] = [0, 1, 2, 4];
const [EMPTY, IDLE, LOADING, NO_SOURCE] = [0, 1, 2, 3];
const DURATION_S = 600;

const failure = (name) => Object.assign(new Error(name), { name });

export class SourcedMedia extends EventTarget {
  #time;
  #how;
  #load = 0;
  #lastTaskMs = 0;
  #base = { positionS: 0, atMs: 0 };
  #movesFromMs = Infinity;
  #rate = 1;
  #src = '';
  #seek = 0;
  /** @type {{resolve: () => void, reject: (error: Error) => void}[]} */
  #promises = [];
  #startS = 0;

  /** `how` are functions that answer ms, so that a test can draw them anew each time. */
  constructor(time, how = {}) {
    super();
    this.#time = time;
    this.#how = { loadMs: () => 40, seekMs: () => 80, startMs: () => 60, taskMs: () => 1, ...how };
    Object.assign(this, { currentSrc: '', duration: NaN, paused: true, seeking: false, readyState: NOTHING, networkState: EMPTY, error: null });
    Object.assign(this, { muted: false, volume: 0.7, crossOrigin: null, style: {}, removed: false, preservesPitch: true });
    /** What is at an address: `readyS`, how much of it there is; `error`, the code with which it fails. */
    this.sources = {};
    Object.assign(this, { refuses: null, seeks: [], loads: [], playCalls: 0 });
  }

  get src() {
    return this.#src;
  }

  set src(url) {
    this.#src = url;
    this.load();
  }

  get playbackRate() {
    return this.#rate;
  }

  set playbackRate(rate) {
    this.#rebase();
    this.#rate = rate;
  }

  get #source() {
    return this.sources[this.#src] ?? {};
  }

  get #reachS() {
    return Math.min(this.duration || 0, this.#source.readyS ?? Infinity);
  }

  get #isMoving() {
    return !this.paused && !this.seeking && this.readyState > CURRENT_DATA;
  }

  get currentTime() {
    if (!this.#isMoving) return this.#base.positionS;
    const movedMs = Math.max(0, this.#time.ms - Math.max(this.#base.atMs, this.#movesFromMs));
    const reachS = Math.max(this.#reachS, this.#base.positionS);
    return Math.min(reachS, this.#base.positionS + (movedMs * this.#rate) / 1000);
  }

  set currentTime(positionS) {
    if (!Number.isFinite(positionS)) throw new TypeError('not finite');
    if (this.readyState < METADATA) {
      this.#startS = positionS;
      return;
    }
    this.seeks.push({ positionS, atMs: this.#time.ms, src: this.#src });
    this.#seekTo(Math.min(Math.max(0, positionS), this.duration));
  }

  get ended() {
    return this.readyState >= METADATA && !this.seeking && this.currentTime >= this.duration;
  }

  get seekable() {
    const has = this.readyState >= METADATA;
    return { length: has ? 1 : 0, start: () => 0, end: () => this.duration };
  }

  load() {
    this.#load += 1;
    const load = this.#load;
    if (this.networkState !== EMPTY) {
      this.#task('emptied');
      this.#rejectPlays('AbortError');
    }
    Object.assign(this, { paused: true, seeking: false, readyState: NOTHING, duration: NaN, error: null, networkState: EMPTY });
    this.#base = { positionS: 0, atMs: this.#time.ms };
    this.#rate = 1;
    this.#startS = 0;
    if (!this.#src) return;
    this.loads.push(this.#src);
    this.networkState = LOADING;
    this.#after(1, () => { this.currentSrc = this.#src; }, load);
    this.#after(this.#how.loadMs(), () => this.#loaded(), load);
  }

  removeAttribute(name) {
    if (name === 'src') this.#src = this.currentSrc = '';
  }

  setAttribute() {}

  after(element) {
    this.next = element;
  }

  remove() {
    this.removed = true;
  }

  play() {
    this.playCalls += 1;
    if (this.refuses) return Promise.reject(failure(this.refuses));
    if (this.error?.code === 4 || this.networkState === NO_SOURCE) return Promise.reject(failure('NotSupportedError'));
    if (this.ended) this.#seekTo(0);
    return new Promise((resolve, reject) => {
      this.#promises.push({ resolve, reject });
      if (this.paused) {
        this.paused = false;
        this.#start();
      }
      if (this.readyState > CURRENT_DATA) this.#resolvePlays();
    });
  }

  pause() {
    if (this.paused) return;
    this.#rebase();
    this.paused = true;
    this.#rejectPlays('AbortError');
    this.#task('pause');
  }

  /** More of what is at this address is there. */
  more(url, readyS) {
    this.sources[url] = { ...this.sources[url], readyS };
    if (url !== this.#src) return;
    if (this.seeking) this.#trySeek();
    else this.look();
  }

  /** Let an end of what is there, or of the film, be noticed: called by who drives the time. */
  look() {
    if (this.readyState < METADATA || this.seeking) return;
    const positionS = this.currentTime;
    if (!this.paused && this.ended) {
      this.#rebase();
      this.paused = true;
      this.#task('pause');
      this.#task('ended');
    } else if (this.readyState === ENOUGH_DATA && positionS >= this.#reachS && positionS < this.duration) {
      this.#rebase();
      this.readyState = CURRENT_DATA;
      this.#task('waiting');
    } else if (this.readyState === CURRENT_DATA && positionS < this.#reachS) {
      this.#ready();
    }
  }

  /** What is loaded or played fails from now on. */
  fail(code) {
    this.#rebase();
    this.error = { code, message: 'failed' };
    if (this.readyState === NOTHING) this.networkState = NO_SOURCE;
    this.#task('error');
  }

  #loaded() {
    const { error, durationS = DURATION_S } = this.#source;
    if (error) {
      this.#rejectPlays('NotSupportedError');
      this.fail(error);
      return;
    }
    Object.assign(this, { readyState: METADATA, duration: durationS, networkState: IDLE });
    this.#task('loadedmetadata');
    if (this.#startS > 0) this.#seekTo(this.#startS);
    else this.#after(this.#how.loadMs(), () => this.#firstData(), this.#load);
  }

  #firstData() {
    if (this.seeking || this.readyState > METADATA) return;
    this.#task('loadeddata');
    this.#ready();
  }

  #ready() {
    this.readyState = ENOUGH_DATA;
    this.#task('canplay');
    if (this.paused) return;
    this.#start();
    this.#resolvePlays();
  }

  #start() {
    this.#base = { positionS: this.#base.positionS, atMs: this.#time.ms };
    this.#movesFromMs = this.#time.ms + this.#how.startMs();
  }

  #seekTo(positionS) {
    this.#rebase();
    this.#base = { positionS, atMs: this.#time.ms };
    this.seeking = true;
    this.readyState = METADATA;
    this.#seek += 1;
    const seek = this.#seek;
    this.#task('seeking');
    this.#after(this.#how.seekMs(), () => seek === this.#seek && this.#trySeek(), this.#load);
  }

  /** A seek to where nothing is yet waits there. */
  #trySeek() {
    const { positionS } = this.#base;
    if (!this.seeking || (positionS >= this.#reachS && positionS < this.duration)) return;
    this.seeking = false;
    this.#task('seeked');
    this.#ready();
  }

  #resolvePlays() {
    const load = this.#load;
    const promises = this.#promises.splice(0);
    this.#after(this.#how.taskMs(), () => promises.forEach(({ resolve }) => resolve()), load);
    this.#task('playing');
  }

  #rejectPlays(name) {
    for (const { reject } of this.#promises.splice(0)) reject(failure(name));
  }

  #rebase() {
    this.#base = { positionS: this.currentTime, atMs: this.#time.ms };
  }

  /** An event, after all that was told before it. Those of the source before are dropped, unless a test has them late. */
  #task(type) {
    const load = this.#load;
    const now = this.#time.ms;
    this.#lastTaskMs = Math.max(this.#lastTaskMs, now + this.#how.taskMs());
    this.#time.scheduler.setTimeout(() => {
      if (load === this.#load || type === 'emptied' || this.#how.isLate) this.dispatchEvent(new Event(type));
    }, this.#lastTaskMs - now);
  }

  #after(delayMs, act, load) {
    this.#time.scheduler.setTimeout(() => {
      if (load === this.#load) act();
    }, delayMs);
  }
}
