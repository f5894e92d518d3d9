/** The start of a party: now, or by itself as soon as its film can be watched. */

import { setText } from './dom.js';

export class FilmStart {
  #form;
  #list;
  #start;
  /** The film that is waited for. */
  #entry = null;

  /** `list` is a FilmList; `start(video)` creates the party, and may refuse by an error. */
  constructor({ form, list, start }) {
    this.#form = form;
    this.#list = list;
    this.#start = start;
    list.addEventListener('chosen', () => {
      if (this.#entry) void this.#look();
      else this.#draw();
    });
    this.#part('stop-waiting').addEventListener('click', () => {
      this.stop();
      this.#part('create').focus();
    });
  }

  /** Whether a film is waited for. */
  get isWaiting() {
    return this.#entry !== null;
  }

  /** Starts with this film once it can be watched. */
  async wait(entry) {
    this.stop();
    this.#entry = entry;
    await this.#look();
  }

  stop() {
    this.#entry = null;
    this.#draw();
  }

  async #look() {
    const entry = this.#entry;
    if (!entry) return;
    // It failed, or was taken away: its row and a notice say why.
    if (this.#list.chosen !== entry) return this.stop();
    this.#draw();
    if (!entry.isWatchable) return;
    this.stop();
    await this.#start(entry);
  }

  #draw() {
    const { chosen } = this.#list;
    const panel = this.#part('waiting');
    const button = this.#part('create');
    const isReady = chosen?.isWatchable ?? false;
    panel.hidden = !this.#entry;
    button.hidden = this.isWaiting;
    button.disabled = !chosen;
    setText(button, isReady || !chosen ? 'Start the party' : 'Watch together as soon as it is ready');
    if (!this.#entry) return;
    setText(this.#part('waiting-for'), `The party opens by itself as soon as “${this.#entry.title}” can be watched.`);
    setText(this.#part('waiting-state'), this.#entry.progress.text);
  }

  #part(name) {
    return this.#form.querySelector(`[data-testid=${name}]`);
  }
}
