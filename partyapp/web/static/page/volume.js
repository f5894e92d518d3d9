/** The volume of this player alone, remembered by this browser. */

import { setIcon } from './dom.js';
import { loadVolume, saveVolume } from './storage.js';

export class Volume {
  #room;
  #media;
  #slider;
  #muted;
  #silenced = false;
  /** Called when a user wants sound here while another tab has it. */
  onWanted = () => {};

  constructor(room, media) {
    this.#room = room;
    this.#media = media;
    this.#slider = room.part('volume');
    const remembered = loadVolume();
    media.volume = remembered.volume;
    this.#muted = remembered.muted;
    media.muted = remembered.muted;
    room.on(this.#slider, 'input', () => {
      media.volume = Number(this.#slider.value);
      this.#setMuted(media.volume === 0);
    });
    room.on(room.part('mute'), 'click', () => this.toggleMute());
    room.on(media, 'volumechange', () => this.#changed());
    this.#draw();
  }

  /** Mutes or unmutes this player alone. */
  toggleMute() {
    const silent = this.#media.muted || this.#media.volume === 0;
    if (this.#media.volume === 0) this.#media.volume = 0.5;
    this.#setMuted(!silent);
  }

  /** Keeps the sound off while another tab has it. What the user wants, and what is remembered, stays. */
  setSilenced(silenced) {
    this.#silenced = silenced;
    this.#media.muted = silenced || this.#muted;
    this.#draw();
  }

  #setMuted(muted) {
    this.#muted = muted;
    if (!muted && this.#silenced) this.onWanted();
    this.#media.muted = muted || this.#silenced;
    this.#draw();
  }

  #changed() {
    const { muted, volume } = this.#media;
    // The browser's own controls, in a picture in picture say, change it too.
    if (!this.#silenced) this.#muted = muted;
    else if (!muted) this.#setMuted(false);
    saveVolume(volume, this.#muted);
    this.#draw();
  }

  #draw() {
    const silent = this.#media.muted || this.#media.volume === 0;
    this.#slider.value = String(silent ? 0 : this.#media.volume);
    this.#slider.setAttribute('aria-valuetext', `${Math.round(100 * Number(this.#slider.value))} percent`);
    this.#slider.style.setProperty('--filled', `${Number(this.#slider.value) * 100}%`);
    const mute = this.#room.part('mute');
    setIcon(mute, silent ? 'muted' : 'sound');
    mute.setAttribute('aria-pressed', String(silent));
  }
}
