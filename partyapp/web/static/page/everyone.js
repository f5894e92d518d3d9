/** Everyone in a party too large for the list beside the film: page by page, and by the beginning of a name. */

import { el, useIcon } from './dom.js';
import { fillList } from './paged-list.js';

export class Everyone {
  #room;
  #person;

  /** `person` is the dialog in which one of them is looked after. */
  constructor(room, person) {
    this.#room = room;
    this.#person = person;
    room.on(room.part('open-everyone'), 'click', () => this.#open());
    room.onSearch(room.part('everyone-search'), () => void this.#fill());
    room.on(room.part('everyone-online'), 'change', () => void this.#fill());
    room.on(room.connection, 'event', ({ detail: { event } }) => {
      if (event.type === 'member_left' || event.type === 'member_removed') this.#forget(event.data?.user_id ?? event.actor_id);
    });
  }

  #open() {
    this.#room.part('everyone-search').value = '';
    this.#room.part('everyone-dialog').showModal();
    void this.#fill();
  }

  #fill() {
    const q = this.#room.part('everyone-search').value.trim();
    const online = this.#room.part('everyone-online').checked;
    return fillList(this.#room.part('everyone'), {
      fetchPage: (cursor) => this.#room.api.people.list(this.#room.party.id, {
        ...(q ? { q } : {}), ...(online ? { online } : {}), ...(cursor ? { cursor } : {}),
      }),
      rowOf: (member) => this.#rowOf(member),
      listClass: 'pick-list',
      emptyText: q ? 'Nobody’s name begins so.' : 'Nobody is here.',
    });
  }

  #rowOf(member) {
    const about = [member.role === 'host' && 'host', member.user_id === this.#room.userId && 'you', !member.online && 'away'];
    const row = el('div', { class: 'pick-row', role: 'group', 'aria-label': member.display_name, 'data-user-id': member.user_id },
      el('bdi', {}, member.display_name), el('span', { class: 'hint' }, about.filter(Boolean).join(', ')));
    if (this.#person.concerns(member)) {
      const label = `More about ${member.display_name}`;
      const menu = el('button', { type: 'button', class: 'icon-button icon-button-small', 'data-testid': 'everyone-menu', 'aria-haspopup': 'dialog', 'aria-label': label }, useIcon('dots'));
      menu.addEventListener('click', () => this.#person.open(member.user_id, member));
      row.append(menu);
    }
    return row;
  }

  /** Who is no member any more goes from the list. */
  #forget(userId) {
    for (const row of this.#room.part('everyone').querySelectorAll('.pick-row')) {
      if (row.dataset.userId === userId) row.remove();
    }
  }
}
