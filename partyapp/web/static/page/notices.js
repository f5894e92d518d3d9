/** Short notices in the corner of the page, read out by screen readers, gone by themselves. */

import { el } from './dom.js';
import { errorLine } from './words.js';

const MOST_AT_ONCE = 3;
const STAY_MS = 6000;
const ERROR_STAY_MS = 12000;

/** The live regions must be in the page before their text is, or nothing is read out: index.html has them. */
function show(regionId, text, stayMs) {
  const region = document.getElementById(regionId);
  for (const shown of region.children) {
    if (shown.dataset.text === text) shown.remove();
  }
  const close = el('button', { type: 'button', class: 'notice-close', 'aria-label': 'Dismiss' }, '×');
  const notice = el('div', { class: 'notice', 'data-text': text }, el('span', {}, text), close);
  close.addEventListener('click', () => notice.remove());
  region.append(notice);
  while (region.children.length > MOST_AT_ONCE) region.firstElementChild.remove();
  window.setTimeout(() => notice.remove(), stayMs);
}

/** Says something that is good to know, when the listener has a moment. */
export function say(text) {
  if (text) show('notices', text, STAY_MS);
}

/** Says what went wrong, at once. Takes an error or a sentence. */
export function warn(problem) {
  show('alerts', typeof problem === 'string' ? problem : errorLine(problem), ERROR_STAY_MS);
}
