/** Play and pause for the whole party, and why this member may not. */

import { ask } from './ask.js';
import { setBarred, setIcon, setText } from './dom.js';

const REDRAW_MS = 250;
const AT_END_S = 0.05;

export class Controls {
  #room;
  #player;
  #position;
  #rate;
  #toggling = false;

  /** `position` and `rate` are the other controls of the party, drawn together with these. */
  constructor(room, player, position, rate) {
    this.#room = room;
    this.#player = player;
    this.#position = position;
    this.#rate = rate;
    room.on(room.part('play'), 'click', () => void this.toggle());
    room.every(REDRAW_MS, () => this.draw());
  }

  get #isAtEnd() {
    const { durationS } = this.#player;
    return durationS > 0 && this.#position.seconds >= durationS - AT_END_S;
  }

  get isPlaying() {
    return this.#room.isPlaying && !this.#isAtEnd;
  }

  /** Plays or pauses for everybody. A second press while the first is under way does nothing. */
  async toggle() {
    if (this.#toggling) return;
    if (this.#room.waitsForDate && this.#room.controlReason === null) {
      return void ask(this.#room, {
        heading: 'Begin now?', text: 'The film begins for everybody, before the date.', confirm: 'Begin now',
      }, () => void this.#room.command('play'));
    }
    this.#toggling = true;
    this.#room.part('play').setAttribute('aria-busy', 'true');
    this.#position.flush();
    await this.#room.command(this.isPlaying ? 'pause' : 'play');
    this.#room.part('play').removeAttribute('aria-busy');
    this.#toggling = false;
  }

  /** Brings the bar in line with the party. */
  draw() {
    const reason = this.#room.controlReason;
    this.#drawPlay(reason);
    this.#position.draw();
    this.#rate.draw();
    const line = this.#room.part('control-reason');
    line.hidden = reason === null;
    setText(line, reason ?? '');
    for (const name of ['play', 'seek', 'rate']) {
      const control = this.#room.part(name);
      if (reason) control.setAttribute('aria-describedby', 'control-reason');
      else control.removeAttribute('aria-describedby');
    }
  }

  #drawPlay(reason) {
    const button = this.#room.part('play');
    const playing = this.isPlaying;
    const atEnd = !playing && this.#isAtEnd;
    setBarred(button, reason !== null);
    setIcon(button, playing ? 'pause' : atEnd ? 'again' : 'play');
    button.setAttribute('aria-label', playing ? 'Pause' : atEnd ? 'Play again' : 'Play');
  }
}
