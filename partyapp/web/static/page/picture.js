/** The picture itself: a click plays or pauses, a second one is for full screen; picture in picture. */

import { setIcon } from './dom.js';
import { showAlert } from './notices.js';

/** A second click within this time makes the two a double one. */
const DOUBLE_CLICK_MS = 250;

export class Picture {
  #room;
  #video;

  /** `press` is what a click on the picture means for this member. */
  constructor(room, fullscreen, press) {
    this.#room = room;
    this.#video = room.part('video');
    let cancel = () => {};
    room.on(this.#video, 'click', (event) => {
      cancel();
      // In full screen the first touch shows the controls.
      if (event.pointerType === 'touch' && fullscreen.wasIdle) return;
      if (event.detail <= 1) cancel = room.after(DOUBLE_CLICK_MS, press);
    });
    room.on(this.#video, 'dblclick', () => void fullscreen.toggle());
    this.#offer();
  }

  /** Puts the picture in a window of its own, or takes it back. False where the browser can't. */
  toggle() {
    if (!isOffered(this.#video)) return false;
    void this.#toggle();
    return true;
  }

  async #toggle() {
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else if (this.#video.requestPictureInPicture) await this.#video.requestPictureInPicture();
      else this.#video.webkitSetPresentationMode(isApart(this.#video) ? 'inline' : 'picture-in-picture');
    } catch (error) {
      if (error?.name === 'InvalidStateError') showAlert('The picture is not loaded yet.');
      else showAlert('Your browser does not let this picture have a window of its own now.');
    }
  }

  #offer() {
    const button = this.#room.part('picture');
    button.hidden = !isOffered(this.#video);
    this.#room.on(button, 'click', () => this.toggle());
    const draw = () => {
      const apart = isApart(this.#video);
      button.setAttribute('aria-pressed', String(apart));
      this.#room.view.querySelector('#stage').dataset.picture = apart ? 'apart' : 'here';
      setIcon(button, 'picture');
    };
    for (const type of ['enterpictureinpicture', 'leavepictureinpicture', 'webkitpresentationmodechanged']) {
      this.#room.on(this.#video, type, draw);
    }
    this.#room.signal.addEventListener('abort', () => {
      if (isApart(this.#video)) void this.#toggle();
    });
  }
}

function isOffered(video) {
  if (document.pictureInPictureEnabled && video.requestPictureInPicture) return true;
  return Boolean(video.webkitSupportsPresentationMode?.('picture-in-picture'));
}

function isApart(video) {
  if (document.pictureInPictureElement === video) return true;
  return video.webkitPresentationMode === 'picture-in-picture';
}
