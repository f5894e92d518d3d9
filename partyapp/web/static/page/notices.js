/** Short notices in the corner of the page, read out by screen readers, removed after a few seconds. */

import { el } from './dom.js';
import { errorLine } from './text.js';

const MAX_SHOWN = 3;
const NOTICE_SHOWN_MS = 6000;
const ALERT_SHOWN_MS = 12000;

/** The live regions must be in the page before their text is, or nothing is read out: index.html has them. */
function show(regionId, text, shownMs) {
  const region = document.getElementById(regionId);
  for (const shown of region.children) {
    if (shown.dataset.text === text) shown.remove();
  }
  const close = el('button', { type: 'button', class: 'notice-close', 'aria-label': 'Dismiss' }, '×');
  const notice = el('div', { class: 'notice', 'data-text': text }, el('span', {}, text), close);
  close.addEventListener('click', () => notice.remove());
  region.append(notice);
  while (region.children.length > MAX_SHOWN) region.firstElementChild.remove();
  window.setTimeout(() => notice.remove(), shownMs);
}

/** Shows an information; screen readers read it out when they are idle. */
export function showNotice(text) {
  if (text) show('notices', text, NOTICE_SHOWN_MS);
}

/** Shows what went wrong; screen readers read it out at once. Takes an error or a sentence. */
export function showAlert(problem) {
  show('alerts', typeof problem === 'string' ? problem : errorLine(problem), ALERT_SHOWN_MS);
}
