// @ts-check
/**
 * Detects that the machine slept, that the network came back, that the page became visible.
 *
 * A sleep shows as a timer that fires far too late on the wall clock; `performance.now()` alone won't do,
 * for it stands still during a sleep on some systems. The wall clock is used for nothing else.
 */

/** @typedef {import('./types.js').Scheduler} Scheduler */

const CHECK_MS = 1000;
/** A check later than this means that the machine slept, or that the page was frozen. */
const GAP_MS = 3000;

export class WakeDetector {
  #parts;
  /** @type {unknown} */
  #timer = null;
  #lastMs = 0;
  #lastWallMs = 0;
  #onOnline = () => this.#parts.onWake(false);
  #onVisibility = () => {
    if (this.#parts.documentTarget?.visibilityState === 'visible') this.#parts.onWake(false);
  };

  /**
   * @param {object} parts
   * @param {() => number} parts.now monotonic, ms
   * @param {() => number} [parts.wallNow] wall clock, ms
   * @param {Scheduler} parts.scheduler
   * @param {EventTarget|null} [parts.windowTarget] target of `online`; the page's own by default, like the next
   * @param {(EventTarget & {visibilityState?: string})|null} [parts.documentTarget] target of `visibilitychange`
   * @param {(slept: boolean) => void} parts.onWake after a sleep; with false when the network is back, or the page
   *   visible again
   * @param {() => void} parts.onCheck every second when there was no sleep
   */
  constructor({
    wallNow = Date.now, windowTarget = globalOrNull('window'), documentTarget = globalOrNull('document'), ...parts
  }) {
    this.#parts = { ...parts, wallNow, windowTarget, documentTarget };
  }

  start() {
    this.stop();
    this.#parts.windowTarget?.addEventListener('online', this.#onOnline);
    this.#parts.documentTarget?.addEventListener('visibilitychange', this.#onVisibility);
    this.#arm();
  }

  stop() {
    this.#parts.windowTarget?.removeEventListener('online', this.#onOnline);
    this.#parts.documentTarget?.removeEventListener('visibilitychange', this.#onVisibility);
    this.#parts.scheduler.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm() {
    this.#lastMs = this.#parts.now();
    this.#lastWallMs = this.#parts.wallNow();
    this.#timer = this.#parts.scheduler.setTimeout(() => this.#check(), CHECK_MS);
  }

  #check() {
    const gapMs = Math.max(this.#parts.now() - this.#lastMs, this.#parts.wallNow() - this.#lastWallMs);
    this.#arm();
    if (gapMs > GAP_MS) this.#parts.onWake(true);
    else this.#parts.onCheck();
  }
}

/** @param {'window'|'document'} name @returns {any} the page's own, if there is a page */
function globalOrNull(name) {
  return /** @type {any} */ (globalThis)[name] ?? null;
}
