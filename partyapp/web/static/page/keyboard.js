/** Listens to the keys of the whole page by the one map (keymap.js), and shows that map as a help. */

import { el } from './dom.js';
import { KEYS, POSITION_KEYS, actOf } from './keymap.js';
import { loadSingleKeys, saveSingleKeys } from './storage.js';

export class Keyboard {
  #room;
  #acts;
  #single = loadSingleKeys();
  /** The control of the player that was pressed by mouse or finger, for as long as it has the focus. */
  #clicked = null;
  #swallowSpace = false;

  /** `acts` maps each act of keymap.js to what is to be done. */
  constructor(room, acts) {
    this.#room = room;
    this.#acts = { nothing: () => {}, help: () => this.#showHelp(), ...acts };
    room.on(document, 'keydown', (event) => this.#down(event));
    room.on(document, 'keyup', (event) => this.#up(event));
    this.#noteClicks();
    this.#fillHelp();
  }

  #down(event) {
    this.#swallowSpace = false;
    if (event.key === 'Tab') this.#clicked = null;
    if (event.defaultPrevented || document.querySelector('dialog[open]')) return;
    const act = actOf(event, this.#focusOf(event.target), this.#single);
    const run = this.#acts[act];
    // An act that has nothing to do here leaves the key to the browser, as Escape outside of full screen.
    if (!run || run() === false) return;
    event.preventDefault();
    this.#swallowSpace = event.key === ' ';
  }

  /** Firefox presses a focused button when Space comes up, whatever was done about its going down. */
  #up(event) {
    if (event.key !== ' ' || !this.#swallowSpace) return;
    this.#swallowSpace = false;
    event.preventDefault();
  }

  #focusOf(target) {
    if (!(target instanceof Element)) return 'page';
    if (target === this.#room.part('seek')) return 'position';
    if (target.matches('input[type=range]')) return 'volume';
    if (target.isContentEditable || target.matches('textarea, select, input')) return 'entry';
    const control = target.closest('button, a[href], summary');
    if (!control) return 'page';
    if (control.localName === 'a') return 'link';
    return control === this.#clicked ? 'clicked' : 'press';
  }

  #noteClicks() {
    const controlOf = (event) => event.target.closest?.('.stage button') ?? null;
    this.#room.on(document, 'pointerdown', (event) => {
      this.#clicked = controlOf(event);
    });
    this.#room.on(document, 'focusin', (event) => {
      if (controlOf(event) !== this.#clicked) this.#clicked = null;
    });
  }

  #fillHelp() {
    const rowOf = ({ shown, text }) =>
      el('tr', {}, el('th', { scope: 'row' }, ...shown.map((key) => el('kbd', {}, key))), el('td', {}, text));
    this.#room.part('keys-page').replaceChildren(...KEYS.map(rowOf));
    this.#room.part('keys-position').replaceChildren(...POSITION_KEYS.map(rowOf));
    const box = this.#room.part('single-keys');
    box.checked = this.#single;
    this.#room.on(box, 'change', () => {
      this.#single = box.checked;
      saveSingleKeys(box.checked);
    });
    this.#room.on(this.#room.part('show-keys'), 'click', () => this.#showHelp());
  }

  #showHelp() {
    this.#room.part('keys-dialog').showModal();
  }
}
