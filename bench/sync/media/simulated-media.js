/**
 * A media element in virtual time, with the faults of real ones: it drifts, starts and lands late, stalls, and
 * is read with noise. An algorithm under test may use the members of an HTMLMediaElement only; `trueS` is for
 * measuring.
 */
import { normal, seededRandom } from '../../../tests/js/seeded-random.js';

const FRAME_MS = 1000 / 30;
/** A callback tells of a frame about this long before it is on the screen. */
const DISPLAY_AHEAD_MS = 12;
const READING_NOISE_MS = 8.5;
const DISPLAY_NOISE_MS = 2;
const STALL_EVERY_MS = 180_000;

/** One player's faults, drawn by its seed. */
export function drawPlayer(seed, untilMs) {
  const random = seededRandom(seed);
  const startMs = 30 * 8 ** random();
  const landMs = 80 * 6 ** random();
  const stalls = [];
  for (let atMs = -Math.log(1 - random()) * STALL_EVERY_MS; atMs < untilMs;) {
    const forMs = 200 + 1300 * random();
    stalls.push({ atMs, forMs });
    atMs += forMs - Math.log(1 - random()) * STALL_EVERY_MS;
  }
  return {
    seed, startMs, landMs, stalls,
    drift: (random() * 2 - 1) * 60e-6,
    tellsFrames: random() < 0.5,
    stretchCostS: random() < 0.5 ? 0.02 : 0,
  };
}

export class SimulatedMedia extends EventTarget {
  #baseS = 0;
  #baseMs = 0;
  #movesFromMs = Infinity;
  #rate = 1;
  #stretches = false;
  #stalledUntilMs = -Infinity;
  #random;
  #landing = null;

  /** @param {import('./simulated-time.js').SimulatedTime} time @param {object} player see drawPlayer */
  constructor(time, player, durationS) {
    super();
    Object.assign(this, { time, player, duration: durationS, paused: true, seeking: false, error: null, preservesPitch: true });
    Object.assign(this, { seeks: 0, rateChanges: 0, largestRate: 0, stalledAtMs: [], soughtAtMs: [] });
    this.#random = seededRandom(player.seed ^ 0x5eed);
    for (const { atMs, forMs } of player.stalls) time.at(atMs, () => this.#stall(forMs));
    if (player.tellsFrames) this.#offerFrames();
  }

  /** Where the picture really is, seconds. */
  get trueS() {
    const movedMs = Math.max(0, this.time.ms - Math.max(this.#baseMs, this.#movesFromMs));
    return Math.min(this.duration, this.#baseS + (movedMs / 1000) * this.#rate * (1 + this.player.drift));
  }

  get #moves() {
    return this.time.ms >= this.#movesFromMs;
  }

  get readyState() {
    return this.time.ms < this.#stalledUntilMs ? 2 : 4;
  }

  get ended() {
    return this.trueS >= this.duration;
  }

  get currentTime() {
    return this.#moves ? Math.max(0, this.trueS + (normal(this.#random) * READING_NOISE_MS) / 1000) : this.trueS;
  }

  set currentTime(positionS) {
    this.seeks += 1;
    this.soughtAtMs.push(this.time.ms);
    this.#rebase(Math.min(Math.max(0, positionS), this.duration));
    this.#movesFromMs = Infinity;
    this.seeking = true;
    this.dispatchEvent(new Event('seeking'));
    if (this.#landing) this.#landing.run = null;
    this.#landing = this.time.at(this.time.ms + this.#late(this.player.landMs), () => this.#land());
  }

  get playbackRate() {
    return this.#rate;
  }

  set playbackRate(rate) {
    if (rate === this.#rate) return;
    // As measured in Chromium: to begin stretching the sound costs 20 ms, to end it or to resample costs nothing.
    const stretches = this.preservesPitch && rate !== 1;
    const costS = stretches && !this.#stretches && this.#moves ? this.player.stretchCostS : 0;
    this.#stretches = stretches;
    this.#rebase(this.trueS - costS);
    this.#rate = rate;
    this.rateChanges += 1;
    this.largestRate = Math.max(this.largestRate, Math.abs(rate - 1));
  }

  play() {
    this.time.promised = true;
    if (this.paused) {
      this.paused = false;
      this.beginsAtMs = this.time.ms + this.#late(this.player.startMs);
      if (!this.seeking) this.#movesFromMs = Math.max(this.beginsAtMs, this.#stalledUntilMs);
    }
    return Promise.resolve();
  }

  pause() {
    this.#rebase(this.trueS);
    this.paused = true;
    this.#movesFromMs = Infinity;
  }

  #land() {
    this.seeking = false;
    if (!this.paused) this.#movesFromMs = Math.max(this.time.ms, this.beginsAtMs, this.#stalledUntilMs);
    this.#rebase(this.#baseS);
    this.dispatchEvent(new Event('seeked'));
  }

  #stall(forMs) {
    if (this.paused || this.seeking) return;
    this.stalledAtMs.push(this.time.ms);
    this.#rebase(this.trueS);
    this.#stalledUntilMs = this.time.ms + forMs;
    this.#movesFromMs = this.#stalledUntilMs;
    this.dispatchEvent(new Event('waiting'));
    this.time.at(this.#stalledUntilMs, () => this.dispatchEvent(new Event('playing')));
  }

  #late(medianMs) {
    return medianMs * (0.8 + 0.4 * this.#random());
  }

  #rebase(positionS) {
    this.#baseS = positionS;
    this.#baseMs = this.time.ms;
  }

  #offerFrames() {
    let last = 0;
    const waiting = new Map();
    this.requestVideoFrameCallback = (callback) => {
      last += 1;
      const handle = last;
      waiting.set(handle, callback);
      this.time.scheduler.setTimeout(() => this.#showFrame(waiting, handle), FRAME_MS);
      return handle;
    };
    this.cancelVideoFrameCallback = (handle) => void waiting.delete(handle);
  }

  #showFrame(waiting, handle) {
    const callback = waiting.get(handle);
    if (!callback) return;
    if (!this.#moves) {
      // A picture that stands still shows no new frame.
      this.time.scheduler.setTimeout(() => this.#showFrame(waiting, handle), FRAME_MS);
      return;
    }
    waiting.delete(handle);
    const ahead = (DISPLAY_AHEAD_MS / 1000) * this.#rate;
    callback(this.time.ms, {
      expectedDisplayTime: this.time.ms + DISPLAY_AHEAD_MS + normal(this.#random) * DISPLAY_NOISE_MS,
      mediaTime: this.trueS + ahead,
    });
  }
}
