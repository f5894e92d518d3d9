/** One message of the chat: who, when, where in the film, and what. */

import { el, useIcon } from './dom.js';
import { momentText } from './moments.js';
import { formatTime, hueOf } from './text.js';

/**
 * `acts` are `{goTo(message), remove(seq, button), about(message)}`; `mayRemove` and `mayLookAfter` say whether the
 * message's deletion, and what may be done about its author, are offered. `nowMs` is party time.
 */
export function chatRow(message, { isMine, mayRemove, mayLookAfter, acts, nowMs }) {
  const { seq, user_id, display_name, text, at_ms, position_s } = message;
  const name = el('bdi', { class: 'chat-name' }, display_name);
  const author = mayLookAfter ? el('button', {
    type: 'button', class: 'chat-author', 'data-testid': 'chat-author', 'aria-haspopup': 'dialog', 'aria-label': `More about ${display_name}`,
  }, name) : name;
  if (author !== name) author.addEventListener('click', () => acts.about(message));
  name.style.setProperty('--hue', String(hueOf(user_id)));
  const said = new Date(at_ms);
  const when = el('time', { datetime: said.toISOString() }, momentText(at_ms, nowMs));
  const head = el('div', { class: 'chat-head' }, author, when);
  if (Number.isFinite(position_s)) {
    const place = formatTime(position_s);
    const go = el('button', {
      type: 'button', class: 'chat-place', 'data-testid': 'chat-place', 'aria-label': `Said at ${place} in the film`,
    }, place);
    go.addEventListener('click', () => acts.goTo(message));
    head.append(go);
  }
  if (mayRemove) {
    const label = isMine ? 'Delete my message' : `Delete the message of ${display_name}`;
    const remove = el('button', {
      type: 'button', class: 'chat-delete', 'data-testid': 'chat-delete', 'aria-label': label, title: 'Delete',
    }, useIcon('close'));
    remove.addEventListener('click', () => acts.remove(seq, remove));
    head.append(remove);
  }
  const row = el('li', { class: 'chat-row', 'data-testid': 'chat-message', 'data-seq': seq, 'data-mine': isMine ? 'yes' : 'no' });
  row.append(head, el('p', { class: 'chat-text', dir: 'auto' }, text));
  return row;
}

/** What is on its way. */
export function pendingRow(text) {
  return el('li', { class: 'chat-row chat-pending', 'data-testid': 'chat-pending' },
    el('p', { class: 'chat-text', dir: 'auto' }, text), el('span', { class: 'chat-sending' }, 'sending…'));
}

/** What could not be sent, with a button that does it again. */
export function unsentRow(text, sendAgain) {
  const again = el('button', { type: 'button', class: 'button button-small', 'data-testid': 'chat-again', 'aria-label': `Send again: ${text}` }, 'Send again');
  again.addEventListener('click', sendAgain);
  return el('li', { class: 'chat-row', 'data-testid': 'chat-unsent' },
    el('p', { class: 'chat-text', dir: 'auto' }, text), el('span', { class: 'chat-sending' }, 'Not sent. '), again);
}
