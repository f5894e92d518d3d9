/** Picks a film for the queue, or to watch at once. */

import { ask } from './ask.js';
import { el, whileBusy } from './dom.js';
import { showAlert, showNotice } from './notices.js';
import { fillList } from './paged-list.js';
import { formatTime } from './text.js';

export class FilmPicker {
  #room;

  constructor(room) {
    this.#room = room;
    room.onSearch(room.part('pick-search'), () => void this.#fill());
  }

  open() {
    this.#room.part('pick-search').value = '';
    this.#room.part('pick-dialog').showModal();
    void this.#fill();
  }

  #fill() {
    const q = this.#room.part('pick-search').value.trim();
    return fillList(this.#room.part('pick-films'), {
      fetchPage: (cursor) => this.#room.api.films.list({ ...(q ? { q } : {}), ...(cursor ? { cursor } : {}) }),
      rowOf: (video) => this.#rowOf(video),
      listClass: 'pick-list',
      emptyText: 'No film fits that. Films are added on the start page.',
    });
  }

  #rowOf(video) {
    const row = el('div', { class: 'pick-row', role: 'group', 'aria-label': video.title, 'data-video-id': video.id },
      el('span', { class: 'queue-text' },
        el('span', { class: 'queue-title', dir: 'auto' }, video.title),
        el('span', { class: 'hint' }, video.duration_s ? formatTime(video.duration_s) : '')));
    const { api, party } = this.#room;
    if (this.#room.may('queue') && this.#room.connection.queue) {
      row.append(
        this.#button('Add', 'pick-add', video, () => this.#add(video, false)),
        this.#button('Next', 'pick-next', video, () => this.#add(video, true)),
      );
    }
    if (this.#room.may('playback')) {
      const watch = () => ask(this.#room, {
        heading: `Change to “${video.title}” now?`, text: 'The film changes for everybody.', confirm: 'Change the film',
      }, () => {
        this.#room.part('pick-dialog').close();
        void api.queue.show(party.id, { video_id: video.id, play: this.#room.isPlaying }).catch(showAlert);
      });
      row.append(this.#button('Watch now', 'pick-now', video, async () => watch()));
    }
    return row;
  }

  async #add(video, next) {
    await this.#room.api.queue.add(this.#room.party.id, { video_id: video.id, ...(next ? { next } : {}) });
    showNotice(`“${video.title}” is among the next films`);
  }

  #button(text, name, video, act) {
    const button = el('button', { type: 'button', class: 'button button-small', 'data-testid': name, 'aria-label': `${text}: ${video.title}` }, text);
    button.addEventListener('click', () => void whileBusy(button, act, showAlert));
    return button;
  }
}
