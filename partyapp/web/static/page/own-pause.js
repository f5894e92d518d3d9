/** "Pause for me": this member's own pause, while the party plays on. */

import { setIcon, setText } from './dom.js';
import { showAlert } from './notices.js';

export class OwnPauseControl {
  #room;
  #player;

  constructor(room, player) {
    this.#room = room;
    this.#player = player;
    room.on(room.part('own-pause'), 'click', () => this.toggle());
    room.on(room.part('rejoin'), 'click', () => {
      room.part('own-pause').focus({ preventScroll: true });
      this.toggle();
    });
    for (const type of ['detached', 'attached']) room.on(player.follower, type, () => this.draw());
    this.draw();
  }

  /** Pauses this player alone, or catches up with the party. */
  toggle() {
    const { follower } = this.#player;
    if (follower.detached) void follower.attach();
    else follower.detach();
  }

  /** For who can't control the party: the same, where it has a meaning, else why they can't. */
  toggleInsteadOfParty() {
    if (this.#player.follower.detached || this.#room.party.playback.state === 'playing') this.toggle();
    else showAlert(this.#room.controlReason);
  }

  draw() {
    const { detached } = this.#player.follower;
    const playing = this.#room.party.playback.state === 'playing';
    const button = this.#room.part('own-pause');
    setIcon(button, detached ? 'catch-up' : 'own-pause');
    setText(this.#room.part('own-pause-text'), detached ? 'Catch up' : 'Pause for me');
    button.title = detached ? 'Back to where the party is' : 'The party plays on without you';
    this.#room.part('rejoin').hidden = !detached;
    const hint = playing ? 'The party plays on. Click to catch up.' : 'The party is paused. Click to be back.';
    setText(this.#room.part('rejoin-hint'), hint);
    this.#room.view.querySelector('#stage').dataset.detached = detached ? 'yes' : 'no';
  }
}
