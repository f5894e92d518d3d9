/**
 * Two tabs of one person, and one sound: the tab that opened a party last has it. The others are muted and say so;
 * one press takes the sound back, and a tab that closes gives it back to the one that had it before.
 */

import { randomUuid } from '../party-client/uuid.js';
import { openTabChannel } from './tab-channel.js';

export class SoundTabs {
  #room;
  #volume;
  #id = randomUuid();
  #channel;
  /** The tab that has the sound now, if not this one. */
  #holder = null;

  constructor(room, volume) {
    this.#room = room;
    this.#volume = volume;
    this.#channel = openTabChannel((message) => this.#hear(message));
    room.on(room.part('sound-here'), 'click', () => {
      this.take();
      room.part('mute').focus({ preventScroll: true });
    });
    room.on(window, 'pagehide', () => this.#post('released'));
    // A page that comes back from the browser's cache plays on, and so asks for the sound again.
    room.on(window, 'pageshow', (event) => event.persisted && this.take());
    room.signal.addEventListener('abort', () => {
      this.#post('released');
      this.#channel.close();
    });
    this.take();
  }

  /** Has the sound here, and mutes the other tabs. */
  take() {
    this.#set(null);
    this.#post('taken');
  }

  #post(what) {
    this.#channel.post({ what, from: this.#id });
  }

  #hear({ what, from }) {
    if (what === 'taken') this.#set(from);
    if (what === 'released' && from === this.#holder) this.take();
  }

  #set(holder) {
    this.#holder = holder;
    this.#volume.setSilenced(holder !== null);
    this.#room.part('other-tab').hidden = holder === null;
  }
}
