/** The list of members: one row each, with its sync, and "Make host" for the host. */

import { el, setText, useIcon, whileBusy } from './dom.js';
import { showAlert } from './notices.js';
import { hueOf, initials, syncText } from './text.js';

export class Members {
  #room;
  #rows = new Map();
  #person;

  /** `person` is the dialog in which one of them is looked after. */
  constructor(room, person) {
    this.#room = room;
    this.#person = person;
  }

  /** Brings the list in line with the party. Rows are kept, so that the focus stays where it is. */
  draw() {
    const { party } = this.#room;
    const shown = inOrder(party, this.#room.userId);
    const list = this.#room.part('members');
    const focused = document.activeElement;
    const kept = new Set(shown.map((member) => member.user_id));
    for (const [userId, row] of this.#rows) {
      if (!kept.has(userId)) {
        row.remove();
        this.#rows.delete(userId);
      }
    }
    shown.forEach((member, index) => {
      const row = this.#rows.get(member.user_id) ?? this.#addRow(member);
      this.#fill(row, member);
      if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
    });
    // A row that is moved loses the focus, which a person had given it.
    if (list.contains(focused) && document.activeElement !== focused) focused.focus({ preventScroll: true });
    const { member_count: all, online_count: online } = party;
    setText(this.#room.part('count'), online === all ? `${online}` : `${online} of ${all}`);
    // The server lists 100 of 10,000, which is also what a browser draws quickly.
    const more = this.#room.part('more-members');
    more.hidden = all <= shown.length;
    this.#room.part('open-everyone').hidden = more.hidden;
    setText(more, `and ${all - shown.length} more`);
  }

  #addRow(member) {
    const badge = el('span', { class: 'badge', 'aria-hidden': 'true' });
    badge.style.setProperty('--hue', String(hueOf(member.user_id)));
    const name = el('span', { class: 'member-name' }, el('bdi', { 'data-part': 'name' }));
    name.append(el('span', { class: 'tag tag-host' }, 'host'), el('span', { class: 'tag tag-me' }, 'you'), el('span', { class: 'tag tag-waited' }, 'waited for'), el('span', { class: 'tag tag-desktop', title: 'Watches in a player on the desktop' }, 'Syncplay'));
    const sync = el('span', { class: 'tone', 'data-part': 'sync', 'data-testid': 'member-sync' });
    const row = el(
      'li',
      { class: 'member', 'data-testid': 'member', 'data-user-id': member.user_id },
      badge,
      el('div', { class: 'member-text' }, name, sync),
      this.#menuOf(member.user_id),
    );
    this.#rows.set(member.user_id, row);
    return row;
  }

  #menuOf(userId) {
    const menu = el('button', { type: 'button', class: 'icon-button icon-button-small', 'data-testid': 'person-menu', 'aria-haspopup': 'dialog' }, useIcon('dots'));
    menu.addEventListener('click', () => this.#person.open(userId));
    return menu;
  }

  #fill(row, member) {
    const isHost = member.user_id === this.#room.party.host_id;
    const isMe = member.user_id === this.#room.userId;
    row.dataset.role = isHost ? 'host' : 'member';
    row.dataset.me = isMe ? 'yes' : 'no';
    row.dataset.online = member.online ? 'yes' : 'no';

    setText(row.querySelector('.badge'), initials(member.display_name));
    setText(row.querySelector('[data-part=name]'), member.display_name);
    row.querySelector('.tag-host').hidden = !isHost;
    row.querySelector('.tag-me').hidden = !isMe;
    row.querySelector('.tag-desktop').hidden = member.sync?.client !== 'syncplay';
    // Without a connection the last report is out of date.
    const isLive = ['open', 'polling'].includes(this.#room.connection.state);
    row.dataset.verdict = (isLive && member.sync?.verdict) || 'unknown';
    const { text, tone } = syncText(
      isLive ? member.sync : null,
      member.online || !isLive,
      this.#room.hasPlayedForAWhile,
    );
    const sync = row.querySelector('[data-part=sync]');
    setText(sync, text);
    sync.dataset.tone = tone;
    this.#offerHandOver(row, member, this.#room.isHost && !isMe);
    const isWaitedFor = this.#room.party.playback.held?.for?.includes(member.user_id) ?? false;
    row.dataset.waitedFor = isWaitedFor ? 'yes' : 'no';
    row.querySelector('.tag-waited').hidden = !isWaitedFor;
    const menu = row.querySelector('[data-testid=person-menu]');
    const concerns = this.#person.concerns(member);
    menu.hidden = !concerns;
    const label = `More about ${member.display_name}`;
    if (menu.getAttribute('aria-label') !== label) menu.setAttribute('aria-label', label);
  }

  /** Only a host has the button, beside each other member. */
  #offerHandOver(row, member, wanted) {
    const shown = row.querySelector('[data-testid=hand-over]');
    if (wanted === (shown !== null)) return;
    if (!wanted) {
      shown.remove();
      return;
    }
    const label = `Make ${member.display_name} the host`;
    const button = el(
      'button',
      {
        type: 'button',
        class: 'button button-small',
        'data-testid': 'hand-over',
        'data-user-id': member.user_id,
        'aria-label': label,
      },
      'Make host',
    );
    button.addEventListener('click', () => void this.#handOver(button, member.user_id));
    row.querySelector('[data-testid=person-menu]').before(button);
  }

  async #handOver(button, userId) {
    await whileBusy(button, () => this.#room.api.transfer(this.#room.party.id, userId), showAlert);
  }
}

/** The host, this user, the connected members, the others; each group by when they joined. */
function inOrder(party, userId) {
  const rank = (member) => {
    if (member.user_id === party.host_id) return 0;
    if (member.user_id === userId) return 1;
    return member.online ? 2 : 3;
  };
  return [...(party.members ?? [])].sort((a, b) => rank(a) - rank(b) || a.joined_at_ms - b.joined_at_ms);
}
