/** The control bar: play and pause, and the position. What it does goes to the whole party. */

import { setIcon, setText } from './dom.js';
import { formatTime, spokenTime } from './text.js';

const REDRAW_MS = 250;
/** Presses of an arrow key within this time become one seek. */
const SEEK_PAUSE_MS = 250;
/** The target of a seek is shown until the seek is answered, at most this long. */
const TARGET_SHOWN_MS = 3000;
const AT_END_S = 0.05;
/** Steps of the keys; the slider's own would be a tenth of a second. */
const KEY_STEPS_S = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -30, PageUp: 30 };

export class Controls {
  #room;
  #player;
  #slider;
  #dragging = false;
  #target = null;
  #toggling = false;
  #seekDue = false;
  #cancelSeek = () => {};
  #cancelTarget = () => {};

  constructor(room, player) {
    this.#room = room;
    this.#player = player;
    this.#slider = room.part('seek');
    room.on(room.part('play'), 'click', () => void this.toggle());
    this.#listenToSlider();
    room.every(REDRAW_MS, () => this.draw());
  }

  get #positionS() {
    return this.#target ?? this.#room.positionS(this.#player.durationS, this.#player.media.currentTime);
  }

  get #isAtEnd() {
    const { durationS } = this.#player;
    return durationS > 0 && this.#positionS >= durationS - AT_END_S;
  }

  get #isPlaying() {
    return this.#room.party.playback.state === 'playing' && !this.#isAtEnd;
  }

  /** Plays or pauses for everybody. A second press while the first is under way does nothing. */
  async toggle() {
    if (this.#toggling) return;
    this.#toggling = true;
    this.#flushSeek();
    await this.#room.command(this.#isPlaying ? 'pause' : 'play');
    this.#toggling = false;
  }

  /** Moves by so many seconds; quick presses add up to one seek. */
  seekBy(deltaS) {
    this.seekTo(this.#positionS + deltaS, SEEK_PAUSE_MS);
  }

  /** Goes to a position, at once or when no further seek has come for `pauseMs`. */
  seekTo(positionS, pauseMs = 0) {
    const reason = this.#room.controlReason;
    if (reason) {
      void this.#room.command('seek');
      return;
    }
    this.#cancelSeek();
    this.#cancelTarget();
    this.#target = Math.max(0, Math.min(this.#player.durationS || Infinity, positionS));
    this.draw();
    this.#cancelSeek = this.#room.after(pauseMs, () => this.#flushSeek());
    this.#seekDue = true;
  }

  #flushSeek() {
    if (!this.#seekDue) return;
    this.#seekDue = false;
    this.#cancelSeek();
    const target = this.#target;
    const release = () => {
      if (this.#target === target) this.#target = null;
    };
    this.#cancelTarget = this.#room.after(TARGET_SHOWN_MS, release);
    void this.#room.command('seek', { position_s: target }).then(release);
  }

  #listenToSlider() {
    const on = (type, act) => this.#room.on(this.#slider, type, act);
    on('input', () => {
      this.#dragging = true;
      this.draw();
    });
    on('change', () => {
      this.#dragging = false;
      this.seekTo(Number(this.#slider.value));
    });
    for (const type of ['pointerup', 'pointercancel', 'blur']) {
      on(type, () => {
        this.#dragging = false;
      });
    }
    on('keydown', (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (Object.hasOwn(KEY_STEPS_S, event.key)) this.seekBy(KEY_STEPS_S[event.key]);
      else if (event.key === 'Home') this.seekTo(0, SEEK_PAUSE_MS);
      else if (event.key === 'End') this.seekTo(this.#player.durationS, SEEK_PAUSE_MS);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /** Brings the bar in line with the party. */
  draw() {
    const reason = this.#room.controlReason;
    this.#drawPlay(reason);
    this.#drawPosition(reason);
    const line = this.#room.part('control-reason');
    line.hidden = reason === null;
    setText(line, reason ?? '');
    for (const control of [this.#room.part('play'), this.#slider]) {
      if (reason) control.setAttribute('aria-describedby', 'control-reason');
      else control.removeAttribute('aria-describedby');
    }
  }

  #drawPlay(reason) {
    const button = this.#room.part('play');
    const playing = this.#isPlaying;
    const atEnd = !playing && this.#isAtEnd;
    button.disabled = reason !== null;
    setIcon(button, playing ? 'pause' : atEnd ? 'again' : 'play');
    button.setAttribute('aria-label', playing ? 'Pause' : atEnd ? 'Play again' : 'Play');
  }

  #drawPosition(reason) {
    const slider = this.#slider;
    const { durationS } = this.#player;
    slider.disabled = reason !== null || !(durationS > 0);
    if (slider.max !== String(durationS || 1)) slider.max = String(durationS || 1);
    if (!this.#dragging) slider.value = String(this.#positionS);
    const shownS = Number(slider.value);
    slider.style.setProperty('--filled', `${(100 * shownS) / Number(slider.max)}%`);
    slider.setAttribute('aria-valuetext', `${spokenTime(shownS)} of ${spokenTime(durationS)}`);
    setText(this.#room.part('elapsed'), formatTime(shownS));
    setText(this.#room.part('total'), formatTime(durationS));
  }
}
