/**
 * Short notices, read out by screen readers and removed after a few seconds. They have a place of their own in
 * the page's flow, so that they lie on nothing that can be pressed, at whatever size of the window.
 */

import { el } from './dom.js';
import { NewsTurn } from './news-turn.js';
import { errorLine } from './text.js';

const NOTICE_SHOWN_MS = 6000;
const ALERT_SHOWN_MS = 12000;
const OFFER_SHOWN_MS = 60000;

/** The latest offer whose time isn't over: what only informs takes its place for a while, and then it is back. */
let offer = null;

const news = new NewsTurn((text) => show('notices', text, NOTICE_SHOWN_MS));

/** The live regions must be in the page before their text is, or nothing is read out: index.html has them. */
function show(regionId, text, shownMs, action) {
  const region = document.getElementById(regionId);
  const close = el('button', { type: 'button', class: 'notice-close', 'aria-label': 'Dismiss' }, '×');
  const end = () => {
    notice.remove();
    if (offer?.notice === notice) offer = null;
    else if (offer && !offer.region.hasChildNodes()) offer.region.replaceChildren(offer.notice);
  };
  const notice = el('div', { class: 'notice', 'data-text': text }, el('span', {}, text), actionOf(action, end), close);
  close.addEventListener('click', end);
  if (action) offer = { notice, region };
  // One at a time, the newest: a heap of them would push the page about.
  region.replaceChildren(notice);
  window.setTimeout(end, shownMs);
  return { notice, end };
}

function actionOf(action, done) {
  if (!action) return null;
  const button = el('button', { type: 'button', class: 'button button-small', 'data-testid': action.testId }, action.label);
  button.addEventListener('click', () => void action.run(button).then(done, showAlert));
  return button;
}

/**
 * Shows an information with something that can be done about it: `{label, testId, run}`, `run` a promise. What is done
 * in a party goes with its view: `signal` is aborted then.
 */
export function showOffer(text, action, { shownMs = OFFER_SHOWN_MS, signal } = {}) {
  const { end } = show('notices', text, shownMs, action);
  signal?.addEventListener('abort', end);
}

/** Answers what this person did; screen readers read it out when they are idle. */
export function showNotice(text) {
  if (!text) return;
  const { notice } = show('notices', text, NOTICE_SHOWN_MS);
  news.answered();
  notice.querySelector('.notice-close').addEventListener('click', () => news.dismissed());
}

/** Shows what happened without this person, once the answer to what they did was there long enough. */
export function showNews(text) {
  if (text) news.put(text);
}

/** Shows what went wrong; screen readers read it out at once. Takes an error or a sentence. */
export function showAlert(problem) {
  const text = typeof problem === 'string' ? problem : errorLine(problem);
  show('alerts', text, ALERT_SHOWN_MS).notice.scrollIntoView?.({ block: 'nearest' });
}
