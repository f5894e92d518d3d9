/**
 * A player in a frame, in virtual time, as video sites offer: orders reach it late, it says four times a second where
 * it was a moment ago, seeks to whole seconds, and takes its time to begin. It has no speed of its own.
 */
const ORDER_MS = 80;
const ANSWER_MS = 120;
const EVERY_MS = 250;

export class SimulatedFrame {
  #time;
  #atS = 0;
  #fromMs = 0;
  #playing = false;
  #stalledMs = -Infinity;

  /** @param {import('./virtual-time.js').VirtualTime} time @param {{beginsMs?: number, durationS?: number}} [how] */
  constructor(time, { beginsMs = 300 } = {}) {
    this.#time = time;
    this.beginsMs = beginsMs;
    this.orders = [];
    /** @type {(answer: object) => void} */
    this.onAnswer = () => {};
    this.#answer();
  }

  /** Where the picture is. */
  get trueS() {
    return this.#atS + (this.#playing ? Math.max(0, this.#time.now() - this.#fromMs) / 1000 : 0);
  }

  get isPlaying() {
    return this.#playing;
  }

  send(order) {
    this.orders.push(order.do);
    this.#time.scheduler.setTimeout(() => this.#obey(order), ORDER_MS);
  }

  stall(forMs) {
    this.#settle(forMs);
    this.#stalledMs = this.#time.now() + forMs;
  }

  #obey(order) {
    if (order.do === 'play' && this.#playing) return;
    this.#settle(this.beginsMs);
    if (order.do === 'seek') this.#atS = Math.floor(order.positionS + 1e-9);
    else this.#playing = order.do === 'play';
  }

  #settle(stillMs) {
    this.#atS = this.trueS;
    this.#fromMs = this.#time.now() + stillMs;
  }

  #answer() {
    const state = this.#playing && this.#time.now() < this.#stalledMs ? 'buffering' : this.#playing ? 'playing' : 'paused';
    const answer = { positionS: this.trueS, state };
    this.#time.scheduler.setTimeout(() => this.onAnswer(answer), ANSWER_MS);
    this.#time.scheduler.setTimeout(() => this.#answer(), EVERY_MS);
  }
}
