/** The speed of the party: shown to everybody, and set by who may control the playback. */

import { el, setBarred } from './dom.js';
import { showAlert } from './notices.js';
import { formatRate } from './text.js';

/** Arrows walk through the list: the party gets the speed at which they stop. */
const CHOSEN_AFTER_MS = 400;
const RATES = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

export class Rate {
  #room;
  #list;
  #cancel = () => {};
  /** From the choice until the party has it, or has not. */
  #choosing = false;

  constructor(room) {
    this.#room = room;
    this.#list = room.part('rate');
    this.#list.append(...RATES.map(optionOf));
    room.on(this.#list, 'change', () => {
      this.#cancel();
      this.#choosing = true;
      this.#cancel = room.after(CHOSEN_AFTER_MS, () => this.#set(Number(this.#list.value)));
    });
    // A barred list would open and let a speed be picked that nobody gets.
    for (const type of ['mousedown', 'keydown']) {
      room.on(this.#list, type, (event) => {
        if (!room.controlReason || event.key === 'Tab') return;
        event.preventDefault();
        if (type === 'mousedown' || event.key === ' ' || event.key === 'Enter') showAlert(room.controlReason);
      });
    }
  }

  /** One step slower (-1) or faster (1). */
  step(direction) {
    const now = this.#room.party.playback.rate;
    const next = direction > 0 ? RATES.find((rate) => rate > now) : RATES.findLast((rate) => rate < now);
    if (next) this.#set(next);
  }

  draw() {
    const { rate } = this.#room.party.playback;
    // Other clients may set any rate.
    const known = [...this.#list.options].some((option) => Number(option.value) === rate);
    if (!known) this.#list.add(optionOf(rate));
    if (!this.#choosing && Number(this.#list.value) !== rate) this.#list.value = String(rate);
    setBarred(this.#list, this.#room.controlReason !== null);
  }

  #set(rate) {
    const { isPlaying } = this.#room;
    const { rate: now } = this.#room.party.playback;
    const settled = () => {
      this.#choosing = false;
      this.draw();
    };
    if (rate === now) return void settled();
    // Played, it goes on from where it is; else it stays there.
    const stays = { position_s: this.#room.positionS(Infinity, 0), rate };
    return void this.#room
      .command(isPlaying ? 'play' : 'seek', isPlaying ? { rate } : stays)
      .then(settled);
  }
}

function optionOf(rate) {
  return el('option', { value: rate }, formatRate(rate));
}
