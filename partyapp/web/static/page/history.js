/** What has happened in the party, newest first. */

import { el, whileBusy } from './dom.js';
import { announcedAfter, historyText } from './evening-text.js';
import { momentText } from './moments.js';
import { showAlert } from './notices.js';

/** So many of the latest revisions are read at a press. */
const PAGE = 100;

/** Wires the button that shows it. */
export function showHistory(room) {
  const list = room.part('history-list');
  const more = room.part('history-more');
  let firstKnown = 1;
  const load = async () => {
    const after = Math.max(0, firstKnown - 1 - PAGE);
    const { items, names } = await room.api.events(room.party.id, { after, limit: firstKnown - 1 - after, names: true });
    // Who has left, or of a large party isn't listed, is known by the log alone.
    const nameOf = (userId) => names[userId] ?? room.nameOf(userId);
    firstKnown = after + 1;
    let announced = false;
    const rows = items.map((event) => {
      const row = rowOf(event, nameOf, room.nowMs, announced);
      announced = announcedAfter(event, announced);
      return row;
    });
    list.append(...rows.reverse().filter(Boolean));
    more.hidden = firstKnown <= 1;
  };
  room.on(room.part('open-history'), 'click', () => {
    list.replaceChildren();
    firstKnown = room.party.revision + 1;
    room.part('history-dialog').showModal();
    void load().catch(showAlert);
  });
  room.on(more, 'click', () => void whileBusy(more, load, showAlert));
}

function rowOf(event, nameOf, nowMs, announced) {
  const text = historyText(event, nameOf, announced);
  if (!text) return null;
  const at = new Date(event.at_ms);
  return el('li', { 'data-testid': 'history-item', 'data-type': event.type },
    el('time', { datetime: at.toISOString() }, momentText(event.at_ms, nowMs, { toTheSecond: true })), el('span', {}, text));
}
