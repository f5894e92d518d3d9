/** The position slider: shows where the party is, takes wishes to be elsewhere, and speaks of it on a press. */

import { setBarred, setText } from './dom.js';
import { barOf, lengthText, noEndText, spokenPosition } from './film-length.js';
import { showAlert } from './notices.js';
import { formatTime } from './text.js';

/** Presses of a key within this time become one seek. */
const SEEK_PAUSE_MS = 250;
/** The target of a seek is shown until the seek is answered, at most this long. */
const TARGET_SHOWN_MS = 3000;
/** Without the focus the spoken position is brought up to date in steps of so many seconds. */
const SPOKEN_STEP_S = 10;

export class Position {
  #room;
  #player;
  #slider;
  #dragging = false;
  #target = null;
  #seekDue = false;
  #spokenS = null;
  #spokenLengthS = null;
  #cancelSeek = () => {};
  #cancelTarget = () => {};

  constructor(room, player) {
    this.#room = room;
    this.#player = player;
    this.#slider = room.part('seek');
    const on = (type, act) => room.on(this.#slider, type, act);
    on('input', () => this.#drag());
    on('change', () => this.#drop());
    for (const type of ['pointerup', 'pointercancel', 'blur']) {
      on(type, () => {
        this.#dragging = false;
      });
    }
    on('focus', () => this.#speak());
  }

  /** In seconds: of the party, or of the seek under way. */
  get seconds() {
    return this.#target ?? this.#room.positionS(this.#player.durationS, this.#player.media.currentTime);
  }

  /** What the bar says, in seconds: its thumb's place, which a drag moves, where it has places. */
  get #shownS() {
    return barOf(0, this.#player.durationS).hasPlaces ? Number(this.#slider.value) : this.seconds;
  }

  /** Goes to the end, if there is one that is known. */
  seekToEnd() {
    const why = this.#room.controlReason ?? noEndText(this.#player.durationS);
    if (why) showAlert(why);
    else this.seekTo(this.#player.durationS);
  }

  /** Moves by so many seconds; quick presses add up to one seek. */
  seekBy(deltaS) {
    this.seekTo(this.seconds + deltaS, SEEK_PAUSE_MS);
  }

  /** Goes to a position, at once or when no further seek has come for `pauseMs`. */
  seekTo(positionS, pauseMs = SEEK_PAUSE_MS) {
    if (this.#room.controlReason) {
      void this.#room.command('seek');
      return;
    }
    this.#cancelSeek();
    this.#cancelTarget();
    this.#target = Math.max(0, Math.min(this.#player.durationS || Infinity, positionS));
    this.draw();
    this.#speak();
    this.#cancelSeek = this.#room.after(pauseMs, () => this.flush());
    this.#seekDue = true;
  }

  /** Sends a seek that waits for further presses. */
  flush() {
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

  #drag() {
    // A barred slider can still be moved by assistive technology.
    this.#dragging = !this.#room.controlReason;
    this.draw();
    this.#speak();
  }

  #drop() {
    this.#dragging = false;
    if (barOf(0, this.#player.durationS).hasPlaces) this.seekTo(Number(this.#slider.value), 0);
  }

  /** Brings the slider in line with the party. */
  draw() {
    const slider = this.#slider;
    const { durationS } = this.#player;
    const { seconds } = this;
    const bar = barOf(seconds, durationS);
    setBarred(slider, this.#room.controlReason !== null || !bar.hasPlaces);
    if (slider.max !== String(bar.max)) slider.max = String(bar.max);
    if (!(this.#dragging && bar.hasPlaces)) slider.value = String(bar.value);
    slider.style.setProperty('--filled', `${(100 * Number(slider.value)) / bar.max}%`);
    slider.toggleAttribute('data-without-places', !bar.hasPlaces);
    const shownS = this.#shownS;
    setText(this.#room.part('elapsed'), formatTime(shownS));
    setText(this.#room.part('total'), lengthText(durationS));
    const isFocused = document.activeElement === slider;
    const isOld = Math.abs(shownS - (this.#spokenS ?? Infinity)) >= SPOKEN_STEP_S;
    if (!isFocused && (isOld || this.#spokenLengthS !== durationS)) this.#speak();
  }

  /** Screen readers read a change out while the slider has the focus: so it changes with a press alone. */
  #speak() {
    const slider = this.#slider;
    this.#spokenS = this.#shownS;
    this.#spokenLengthS = this.#player.durationS;
    slider.setAttribute('aria-valuetext', spokenPosition(this.#spokenS, this.#spokenLengthS));
  }
}
