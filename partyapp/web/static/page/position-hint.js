/** The time at the pointer over the position bar, at a dragging finger, and at a press of a key. */

import { setText } from './dom.js';
import { formatTime } from './text.js';

/** After a key was pressed or a finger lifted, the time stays for so long. */
const SHOWN_MS = 1500;

/** Half of a slider's thumb, px: as far from the ends as its middle gets. */
const HALF_THUMB_PX = 9;

/** The position at a place on the bar: `x` px from its left, `width` px of the bar, `maxS` its end in seconds. */
export function positionAtPointer(x, width, maxS) {
  const share = (x - HALF_THUMB_PX) / Math.max(1, width - 2 * HALF_THUMB_PX);
  return Math.max(0, Math.min(1, share)) * maxS;
}

/** Shows the time in the hint above the bar. */
export function showPositionHint(room) {
  const box = room.part('seek-box');
  const slider = room.part('seek');
  const hint = room.part('seek-hint');
  let cancel = () => {};
  const show = (seconds) => {
    cancel();
    // Of a film whose length nobody knows, a place on the bar is no place in the film.
    if (slider.hasAttribute('data-without-places')) return;
    const max = Number(slider.max);
    const width = slider.clientWidth;
    setText(hint, formatTime(seconds));
    hint.hidden = false;
    const x = HALF_THUMB_PX + (max > 0 ? seconds / max : 0) * (width - 2 * HALF_THUMB_PX);
    const half = hint.offsetWidth / 2;
    hint.style.left = `${Math.max(half, Math.min(width - half, x))}px`;
  };
  const hide = () => {
    cancel();
    hint.hidden = true;
  };
  const hideLater = () => {
    cancel();
    cancel = room.after(SHOWN_MS, hide);
  };
  room.on(box, 'pointermove', (event) => {
    // A finger's own place is what it drags; the slider says where that is.
    if (event.pointerType === 'touch') return;
    const { left, width } = slider.getBoundingClientRect();
    show(positionAtPointer(event.clientX - left, width, Number(slider.max)));
  });
  room.on(box, 'pointerleave', hide);
  room.on(slider, 'input', () => {
    show(Number(slider.value));
    hideLater();
  });
  room.on(slider, 'keyup', (event) => {
    if (event.key === 'Tab') return;
    show(Number(slider.value));
    hideLater();
  });
  room.on(slider, 'focus', () => {
    if (!slider.matches(':focus-visible')) return;
    show(Number(slider.value));
    hideLater();
  });
  room.on(slider, 'blur', hide);
}
