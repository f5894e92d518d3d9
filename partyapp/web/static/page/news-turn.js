/** When news is shown: not in place of an answer that the person had no time to read. */

/** So long the answer to what this person did stays, whatever happens meanwhile. */
export const ANSWER_LEAST_MS = 3000;

export class NewsTurn {
  #show;
  #now;
  #after;
  #answeredUntilMs = -Infinity;
  /** The newest news that waits; an older one would be replaced by it at once. */
  #waiting = null;

  /** `show(text)`; the clock (ms) and the timer are for tests. */
  constructor(show, { now = () => performance.now(), after = (ms, run) => window.setTimeout(run, ms) } = {}) {
    this.#show = show;
    this.#now = now;
    this.#after = after;
  }

  /** An answer to what this person did is shown from now on. */
  answered() {
    this.#answeredUntilMs = this.#now() + ANSWER_LEAST_MS;
  }

  /** The person has put the answer away. */
  dismissed() {
    this.#answeredUntilMs = -Infinity;
    this.#tell();
  }

  /** Shows news now, or once the answer was there long enough. */
  put(text) {
    if (this.#waiting === null && this.#leftMs > 0) this.#wait();
    this.#waiting = text;
    if (this.#leftMs <= 0) this.#tell();
  }

  get #leftMs() {
    return this.#answeredUntilMs - this.#now();
  }

  #wait() {
    this.#after(this.#leftMs, () => {
      // Another answer may have come meanwhile.
      if (this.#waiting !== null && this.#leftMs > 0) this.#wait();
      else this.#tell();
    });
  }

  #tell() {
    const text = this.#waiting;
    this.#waiting = null;
    if (text !== null) this.#show(text);
  }
}
