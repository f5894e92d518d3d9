/** Reactions: a row of emoji to press, and what all press, floating over the picture for a moment. */

import { el } from './dom.js';
import { showAlert } from './notices.js';

const REACTIONS = [['🎉', 'Celebrate'], ['😂', 'Laugh'], ['❤️', 'Love'], ['😮', 'Wow'], ['😢', 'Sad'], ['👏', 'Applaud']];
const SHOWN_MS = 2600;
/** So many of one message are shown, and so many at once. */
const MOST_OF_ONE = 5;
const MOST = 30;

/** Offers the reactions, and shows everybody's. */
export function showReactions(room) {
  const layer = room.part('reactions');
  room.part('reactions-bar').append(...REACTIONS.map(([emoji, label]) => {
    const button = el('button', { type: 'button', class: 'reaction', 'data-testid': 'react', 'data-emoji': emoji, 'aria-label': label, title: label }, emoji);
    room.on(button, 'click', () => {
      if (!room.connection.talk.react(emoji)) showAlert('Reactions need a live connection.');
    });
    return button;
  }));
  room.on(room.connection, 'reactions', ({ detail }) => {
    for (const [emoji, count] of Object.entries(detail.counts ?? {})) {
      for (let number = 0; number < Math.min(count, MOST_OF_ONE); number += 1) float(room, layer, emoji);
    }
  });
}

function float(room, layer, emoji) {
  if (layer.childElementCount >= MOST) return;
  const one = el('span', { class: 'floating', 'data-testid': 'reaction' }, emoji);
  one.style.setProperty('--x', `${Math.round(5 + Math.random() * 85)}%`);
  one.style.setProperty('--delay', `${Math.round(Math.random() * 300)}ms`);
  layer.append(one);
  room.after(SHOWN_MS + 300, () => one.remove());
}
