/**
 * Full screen. The whole page goes full screen and the stage fills it, so that notices stay in sight; where a
 * browser has no full screen for pages (an iPhone, a closed frame), the stage fills the window instead.
 */

import { setIcon } from './dom.js';

const IDLE_AFTER_MS = 2800;

export class Fullscreen {
  #room;
  #html = document.documentElement;
  #cancelIdle = () => {};
  #asking = 0;
  #wasIdle = false;
  #focusedBefore = null;

  constructor(room) {
    this.#room = room;
    room.on(room.part('fullscreen'), 'click', () => void this.toggle());
    room.on(document, 'fullscreenchange', () => {
      // Not our own asking: the user left with Escape, or the system did.
      if (this.#asking === 0) this.#show(document.fullscreenElement !== null);
    });
    room.on(document, 'pointerdown', () => {
      this.#wasIdle = this.#html.classList.contains('idle');
    });
    for (const type of ['pointermove', 'pointerdown', 'keydown']) room.on(document, type, () => this.#wake());
    room.signal.addEventListener('abort', () => void (this.isOn && this.#want(false)));
  }

  get isOn() {
    return this.#html.classList.contains('is-fullscreen');
  }

  /** Whether the controls were out of the picture before the pointer was last pressed. */
  get wasIdle() {
    return this.#wasIdle;
  }

  toggle() {
    return this.#want(!this.isOn);
  }

  /** Answers whether there was a full screen to leave. */
  leave() {
    if (!this.isOn) return false;
    void this.#want(false);
    return true;
  }

  /** Shows it at once, then asks the browser, which takes its time; the last wish counts. */
  async #want(on) {
    this.#show(on);
    this.#asking += 1;
    try {
      if (on && !document.fullscreenElement) await this.#html.requestFullscreen({ navigationUI: 'hide' });
      if (!on && document.fullscreenElement) await document.exitFullscreen();
    } catch {
      // Refused or unknown here: the window is the screen.
    }
    this.#asking -= 1;
    if (this.#asking === 0 && !this.isOn && document.fullscreenElement) await this.#want(false);
  }

  #show(on) {
    const button = this.#room.part('fullscreen');
    const focused = document.activeElement;
    this.#html.classList.toggle('is-fullscreen', on);
    // A control that is hidden meanwhile has the focus again afterwards.
    if (on && focused !== document.body && !focused.closest('.stage')) this.#focusedBefore = focused;
    if (!on && this.#focusedBefore?.isConnected) {
      if (document.activeElement === document.body) this.#focusedBefore.focus({ preventScroll: true });
      this.#focusedBefore = null;
    }
    setIcon(button, on ? 'shrink' : 'enlarge');
    button.setAttribute('aria-pressed', String(on));
    this.#wake();
  }

  /** The bar and the pointer go out of the picture when nothing has moved for a while. */
  #wake() {
    this.#cancelIdle();
    this.#html.classList.remove('idle');
    if (this.isOn) this.#cancelIdle = this.#room.after(IDLE_AFTER_MS, () => this.#html.classList.add('idle'));
  }
}
