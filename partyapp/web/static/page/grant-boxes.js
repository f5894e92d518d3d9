/** A box to tick for each right that can be given. */

import { el } from './dom.js';
import { GRANT_TEXTS } from './evening-text.js';

/** Puts them into `parent`; the inputs by the rights' names, in the order in which they are shown. */
export function addGrantBoxes(parent) {
  const boxes = new Map();
  for (const [grant, text] of Object.entries(GRANT_TEXTS)) {
    const input = el('input', { type: 'checkbox', 'data-grant': grant });
    boxes.set(grant, input);
    parent.append(el('label', { class: 'choice' }, input, el('span', {}, text)));
  }
  return boxes;
}
