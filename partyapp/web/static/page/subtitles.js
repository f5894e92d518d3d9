/** Subtitles over the picture: one `<track>` at a time, its cues shifted by this person's own delay. */

import { el } from './dom.js';

export class Subtitles {
  #media;
  #element = null;
  #id = null;
  #videoId = null;
  #delayS = 0;
  /** When each cue was meant to begin and end. */
  #times = new WeakMap();
  /** Called with the subtitles' label when they can't be loaded. */
  onFailed = () => {};

  constructor(media) {
    this.#media = media;
  }

  /** The id of the subtitles that are shown, or null. */
  get shown() {
    return this.#id;
  }

  /** By how many s the cues are shown later than the file says. */
  get delayS() {
    return this.#delayS;
  }

  set delayS(seconds) {
    if (seconds === this.#delayS) return;
    this.#delayS = seconds;
    this.#shift();
    this.#lookAnew();
  }

  /** Shows these subtitles of the film, or none (null). What is shown already is left as it is. */
  show(subtitles, videoId) {
    if ((subtitles?.id ?? null) === this.#id && videoId === this.#videoId) return;
    this.#remove();
    this.#videoId = videoId;
    if (!subtitles) return;
    this.#id = subtitles.id;
    const { label, language, url } = subtitles;
    const element = el('track', { kind: 'subtitles', label, srclang: language ?? 'und', src: url });
    this.#element = element;
    element.addEventListener('load', () => this.#shift());
    element.addEventListener('error', () => {
      if (element !== this.#element) return;
      // So that choosing them again tries again.
      this.#remove();
      this.onFailed(label);
    });
    this.#media.append(element);
    // Loading begins with this. `default` would not do: it counts for what the browser finds at the start.
    element.track.mode = 'showing';
  }

  #remove() {
    const element = this.#element;
    this.#element = null;
    this.#id = null;
    if (!element) return;
    // Chromium goes on showing a cue of a track that was removed while it was shown.
    element.track.mode = 'disabled';
    element.remove();
  }

  /** A paused Firefox keeps the line that was moved away until it plays on. */
  #lookAnew() {
    const track = this.#element?.track;
    if (track?.mode !== 'showing') return;
    track.mode = 'disabled';
    track.mode = 'showing';
  }

  #shift() {
    // A list of its own: a cue that is moved changes its place in the live one.
    for (const cue of [...(this.#element?.track.cues ?? [])]) {
      const meant = this.#times.get(cue) ?? { startTime: cue.startTime, endTime: cue.endTime };
      this.#times.set(cue, meant);
      const endTime = Math.max(0, meant.endTime + this.#delayS);
      const startTime = Math.min(Math.max(0, meant.startTime + this.#delayS), endTime);
      // In the order in which the cue never ends before it begins.
      if (startTime > cue.endTime) Object.assign(cue, { endTime, startTime });
      else Object.assign(cue, { startTime, endTime });
    }
  }
}
