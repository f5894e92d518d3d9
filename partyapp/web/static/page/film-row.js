/** One film as a row: a radio button, how far it is, and what can be done about it. */

import { el, setText, useIcon, whileBusy } from './dom.js';
import { showAlert } from './notices.js';

/** Progress is drawn no more often than this, ms. */
const REDRAW_MS = 300;
let rows = 0;

/** What a person may do, by where the film is: names of `FilmActions`' methods. */
function actionsOf(entry, userId) {
  if (entry.unfinished) return ['chooseAgain', 'cancel'];
  if (entry.upload) {
    const { state } = entry.upload;
    if (state === 'done') return [];
    if (state === 'failed') return ['resume', 'cancel'];
    return state === 'paused' ? ['resume', 'cancel'] : ['pause', 'cancel'];
  }
  const { owner_id: ownerId, kind } = entry.video;
  const isOwn = ownerId != null && ownerId === userId;
  const mayPrepare = entry.stage === 'failed' && (isOwn || kind === 'library');
  return [...(mayPrepare ? ['prepare'] : []), ...(isOwn ? ['rename', 'remove'] : [])];
}

const LABELS = {
  chooseAgain: () => 'Choose the file',
  cancel: (entry) => (entry.upload && entry.upload.state !== 'failed' ? 'Cancel' : 'Remove'),
  pause: () => 'Pause',
  resume: (entry) => (entry.upload.state === 'failed' ? 'Try again' : 'Go on'),
  prepare: () => 'Try again',
  rename: () => 'Rename',
  remove: () => 'Delete',
};

/** The row of an entry, which follows it for as long as it is in the page. */
export function filmRow(entry, { userId, actions }) {
  rows += 1;
  const stateId = `film-state-${rows}`;
  const input = el('input', { type: 'radio', name: 'video', 'aria-describedby': stateId });
  const icon = el('span', { class: 'video-icon', 'aria-hidden': 'true' });
  const name = el('span', { class: 'video-name', dir: 'auto' });
  const length = el('span', { class: 'video-length' });
  const label = el('label', { class: 'video-choice', 'data-testid': 'video-choice' }, input, icon, name, length);
  const bar = el('progress', { class: 'film-bar', max: 1 });
  const state = el('p', { class: 'film-state', id: stateId, 'data-testid': 'film-state' });
  const tools = el('div', { class: 'film-tools' });
  const row = el('div', { class: 'film', 'data-testid': 'film' }, label, bar, state, tools);
  const draw = () => {
    const { text, fraction } = entry.progress;
    const isPlain = entry.stage === 'playable';
    row.dataset.stage = entry.upload ? entry.upload.state : entry.stage;
    label.dataset.videoId = entry.video?.id ?? '';
    input.value = entry.value;
    input.disabled = !entry.canBeChosen;
    if (input.disabled) input.checked = false;
    setText(name, entry.title);
    setText(length, isPlain ? text : '');
    const lost = entry.video?.left_out ?? '';
    setText(state, isPlain ? lost : text);
    state.hidden = isPlain && !lost;
    bar.hidden = fraction === null;
    bar.value = fraction ?? 0;
    bar.setAttribute('aria-label', entry.title);
    drawPoster(icon, entry);
    drawTools(tools, entry, userId, actions);
  };
  draw();
  follow(entry, row, draw);
  return row;
}

/** Draws at most a few times a second: an upload tells of each packet. */
function follow(entry, row, draw) {
  let timer = null;
  const soon = () => {
    timer ??= window.setTimeout(() => {
      timer = null;
      if (row.isConnected) draw();
    }, REDRAW_MS);
  };
  entry.addEventListener('change', soon);
  entry.addEventListener('gone', () => row.remove());
}

function drawPoster(icon, entry) {
  const url = entry.video?.poster_url ?? '';
  // Each answer has an address of its own for the same picture: what differs is the grant.
  const picked = url.replace(/^\/media\/[^/]+/u, '');
  if (icon.dataset.poster === picked) return;
  icon.dataset.poster = picked;
  if (!url) {
    icon.replaceChildren(useIcon('play'));
    return;
  }
  const picture = el('img', { src: url, alt: '', loading: 'lazy', decoding: 'async' });
  // A poster whose address has ended leaves the sign in its place.
  picture.addEventListener('error', () => icon.replaceChildren(useIcon('play')));
  icon.replaceChildren(picture);
}

/** The buttons are changed only when what they do changes, or a press would miss them. */
function drawTools(tools, entry, userId, actions) {
  const names = actionsOf(entry, userId);
  const wanted = names.map((name) => `${name}:${LABELS[name](entry)}`).join(' ');
  tools.hidden = names.length === 0;
  if (tools.dataset.actions === wanted) return;
  tools.dataset.actions = wanted;
  const hadFocus = tools.contains(document.activeElement);
  tools.replaceChildren(...names.map((name) => toolButton(name, entry, actions)));
  if (hadFocus) tools.querySelector('button')?.focus();
}

function toolButton(name, entry, actions) {
  const text = LABELS[name](entry);
  const button = el(
    'button',
    // The title is a part of the name, since all rows have the same buttons.
    { type: 'button', class: 'link', 'data-testid': `film-${name}`, 'aria-label': `${text}: ${entry.title}` },
    text,
  );
  button.addEventListener('click', () => void whileBusy(button, () => actions[name](entry), showAlert));
  return button;
}
