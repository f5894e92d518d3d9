/** The films that come next: their order, by drag or keys, votes, and what is added. */

import { FilmPicker } from './film-picker.js';
import { el, setText, useIcon, whileBusy } from './dom.js';
import { showAlert } from './notices.js';
import { formatTime } from './text.js';

export class Queue {
  #room;
  #list;
  #rows = new Map();
  #dragged = null;

  constructor(room) {
    this.#room = room;
    this.#list = room.part('queue-list');
    const picker = new FilmPicker(room);
    room.on(room.part('add-to-queue'), 'click', () => picker.open());
    for (const name of ['next-film-now', 'next-now']) {
      const button = room.part(name);
      room.on(button, 'click', () => void whileBusy(button, () => room.api.queue.next(room.party.id), showAlert));
    }
    room.on(room.connection, 'queue', () => this.draw());
    this.#listenToDrags();
    this.draw();
  }

  draw() {
    const { queue } = this.#room.connection;
    const { wait } = this.#room.party;
    // Who plays may change the film, also where nothing is queued.
    this.#room.part('queue').hidden = queue === null && !(wait && this.#room.may('playback'));
    const { items, mode } = queue ?? { items: [], mode: 'order' };
    const focused = document.activeElement;
    const kept = new Set(items.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (kept.has(id)) continue;
      if (row.contains(focused)) this.#list.focus({ preventScroll: true });
      row.remove();
      this.#rows.delete(id);
    }
    items.forEach((item, index) => {
      const row = this.#rows.get(item.id) ?? this.#addRow(item);
      this.#fill(row, item, { isFirst: index === 0, isLast: index === items.length - 1, mode });
      if (this.#list.children[index] !== row) this.#list.insertBefore(row, this.#list.children[index] ?? null);
    });
    if (this.#list.contains(focused) && document.activeElement !== focused) focused.focus({ preventScroll: true });
    setText(this.#room.part('queue-count'), items.length ? String(items.length) : '');
    this.#room.part('queue-empty').hidden = items.length > 0;
    this.#room.part('queue-by-votes').hidden = mode !== 'votes';
    this.#room.part('add-to-queue').hidden = !this.#room.may('queue') && !this.#room.may('playback');
    this.#room.part('next-film-now').hidden = items.length === 0 || !this.#room.may('playback');
  }

  #addRow({ id, video }) {
    const press = (name, icon, label, act) => {
      const button = el('button', { type: 'button', class: 'icon-button icon-button-small', 'data-testid': `queue-${name}`, 'aria-label': label }, useIcon(icon));
      button.addEventListener('click', () => void whileBusy(button, () => act(), showAlert));
      return button;
    };
    const { api } = this.#room;
    const partyId = this.#room.party.id;
    const vote = press('vote', 'vote', `Vote for ${video.title}`, () => api.queue.vote(partyId, id, vote.getAttribute('aria-pressed') !== 'true'));
    const row = el('li', { class: 'queue-row', 'data-testid': 'queue-item', 'data-item-id': id },
      el('div', { class: 'queue-text' },
        el('span', { class: 'queue-title', dir: 'auto' }, video.title), el('span', { class: 'hint', 'data-part': 'about' })),
      vote, el('span', { class: 'queue-votes', 'data-part': 'votes' }),
      press('up', 'up', `Earlier: ${video.title}`, () => this.#step(id, -1)),
      press('down', 'down', `Later: ${video.title}`, () => this.#step(id, 1)),
      press('remove', 'close', `Take ${video.title} out`, () => api.queue.remove(partyId, id)));
    this.#rows.set(id, row);
    return row;
  }

  #fill(row, { video, added_by, votes, voted }, { isFirst, isLast, mode }) {
    const may = this.#room.may('queue') || added_by === this.#room.userId;
    const who = added_by ? `by ${this.#room.nameOf(added_by)}` : '';
    const about = [video.duration_s ? formatTime(video.duration_s) : '', who].filter(Boolean).join(' · ');
    setText(row.querySelector('[data-part=about]'), about);
    setText(row.querySelector('[data-part=votes]'), votes ? String(votes) : '');
    const part = (name) => row.querySelector(`[data-testid=queue-${name}]`);
    part('vote').setAttribute('aria-pressed', String(voted));
    const moves = may && mode === 'order';
    part('up').hidden = part('down').hidden = !moves;
    part('up').toggleAttribute('aria-disabled', isFirst);
    part('down').toggleAttribute('aria-disabled', isLast);
    part('remove').hidden = !may;
    row.draggable = moves;
  }

  /** One place earlier (-1) or later (1). */
  async #step(id, by) {
    const ids = this.#ids;
    const target = ids.indexOf(id) + by;
    if (target < 0 || target >= ids.length) return;
    const others = ids.filter((one) => one !== id);
    await this.#move(id, others[target] ?? null);
  }

  get #ids() {
    return (this.#room.connection.queue?.items ?? []).map(({ id }) => id);
  }

  #move(id, before) {
    return this.#room.api.queue.move(this.#room.party.id, id, before);
  }

  #listenToDrags() {
    const rowOf = ({ target }) => target.closest?.('.queue-row') ?? null;
    this.#room.on(this.#list, 'dragstart', (event) => {
      this.#dragged = rowOf(event)?.dataset.itemId ?? null;
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setData('text/plain', '');
    });
    this.#room.on(this.#list, 'dragover', (event) => {
      if (this.#dragged !== null) event.preventDefault();
    });
    this.#room.on(this.#list, 'drop', (event) => {
      const row = rowOf(event);
      if (this.#dragged === null || !row || row.dataset.itemId === this.#dragged) return;
      event.preventDefault();
      const { top, height } = row.getBoundingClientRect();
      const others = this.#ids.filter((id) => id !== this.#dragged);
      const isAfter = event.clientY > top + height / 2;
      const at = others.indexOf(row.dataset.itemId) + (isAfter ? 1 : 0);
      void this.#move(this.#dragged, others[at] ?? null).catch(showAlert);
    });
    this.#room.on(this.#list, 'dragend', () => {
      this.#dragged = null;
    });
  }
}
