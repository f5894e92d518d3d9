/** The volume of this player alone, remembered by this browser. */

import { setIcon } from './dom.js';
import { loadVolume, saveVolume } from './storage.js';

export class Volume {
  #room;
  #media;
  #slider;

  constructor(room, media) {
    this.#room = room;
    this.#media = media;
    this.#slider = room.part('volume');
    const remembered = loadVolume();
    media.volume = remembered.volume;
    media.muted = remembered.muted;
    room.on(this.#slider, 'input', () => {
      media.volume = Number(this.#slider.value);
      media.muted = media.volume === 0;
    });
    room.on(room.part('mute'), 'click', () => this.toggleMute());
    room.on(media, 'volumechange', () => {
      saveVolume(media.volume, media.muted);
      this.#draw();
    });
    this.#draw();
  }

  /** Mutes or unmutes this player alone. */
  toggleMute() {
    if (this.#media.volume > 0) {
      this.#media.muted = !this.#media.muted;
      return;
    }
    this.#media.volume = 0.5;
    this.#media.muted = false;
  }

  #draw() {
    const silent = this.#media.muted || this.#media.volume === 0;
    this.#slider.value = String(silent ? 0 : this.#media.volume);
    this.#slider.style.setProperty('--filled', `${Number(this.#slider.value) * 100}%`);
    const mute = this.#room.part('mute');
    setIcon(mute, silent ? 'muted' : 'sound');
    mute.setAttribute('aria-pressed', String(silent));
  }
}
