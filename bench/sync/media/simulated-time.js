/** Virtual time for long simulations: a queue of timers by their instant. */

export class SimulatedTime {
  #heap = [];
  #order = 0;
  /** Set after a promise was made that has to settle before time goes on. */
  promised = false;

  constructor() {
    this.ms = 0;
    this.now = () => this.ms;
    this.scheduler = {
      setTimeout: (run, delayMs) => this.at(this.ms + Math.max(0, delayMs), run),
      clearTimeout: (timer) => { if (timer) timer.run = null; },
    };
  }

  /** @param {number} atMs @param {() => void} run */
  at(atMs, run) {
    this.#order += 1;
    const timer = { atMs, order: this.#order, run };
    this.#push(timer);
    return timer;
  }

  /** Let time pass until then, timer by timer. @param {number} untilMs */
  async run(untilMs) {
    while (this.#heap.length > 0 && this.#heap[0].atMs <= untilMs) {
      const { atMs, run } = this.#pop();
      if (run === null) continue;
      this.ms = Math.max(this.ms, atMs);
      run();
      if (this.promised) {
        this.promised = false;
        for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
      }
    }
    this.ms = untilMs;
  }

  #push(timer) {
    const heap = this.#heap;
    let place = heap.push(timer) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(timer, heap[parent])) break;
      heap[place] = heap[parent];
      place = parent;
    }
    heap[place] = timer;
  }

  #pop() {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child += 1;
      if (!before(heap[child], last)) break;
      heap[place] = heap[child];
      place = child;
    }
    heap[place] = last;
    return first;
  }
}

const before = (one, other) => one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
