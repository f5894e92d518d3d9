/** Time that passes only when a test says so: a monotonic clock, a wall clock, and the timers on them. */
import { normal, seededRandom } from './seeded-random.js';

export class VirtualTime {
  #timers = new Map();
  #lastHandle = 0;

  constructor(startMs = 1000) {
    this.ms = startMs;
    this.wallOffsetMs = 1_700_000_000_000;
    this.now = () => this.ms;
    this.wallNow = () => this.ms + this.wallOffsetMs;
    this.scheduler = {
      setTimeout: (run, delayMs) => {
        this.#lastHandle += 1;
        this.#timers.set(this.#lastHandle, { run, atMs: this.ms + Math.max(0, delayMs) });
        return this.#lastHandle;
      },
      clearTimeout: (handle) => void this.#timers.delete(handle),
    };
  }

  get pendingTimers() {
    return this.#timers.size;
  }

  /** Let time pass, timer by timer, with the promises in between settled. */
  async advance(byMs) {
    const untilMs = this.ms + byMs;
    await settle();
    for (;;) {
      let handle = null;
      let due = null;
      for (const [one, timer] of this.#timers) {
        if (timer.atMs <= untilMs && (due === null || timer.atMs < due.atMs)) [handle, due] = [one, timer];
      }
      if (due === null) break;
      this.#timers.delete(handle);
      this.ms = Math.max(this.ms, due.atMs);
      due.run();
      await settle();
    }
    this.ms = untilMs;
    await settle();
  }
}

/** Let every promise that can settle do so: all of them run before the next turn of Node's own loop. */
export const settle = () => new Promise((resolve) => { setImmediate(resolve); });

export { seededRandom };

/** Normally distributed numbers with standard deviation 1, from a seed. */
export function seededNormal(seed) {
  const random = seededRandom(seed);
  return () => normal(random);
}
