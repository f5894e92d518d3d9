/** What the host sets of a running party: rights of all, for whom it waits, the chat, the queue, the date; and who may not come back. */

import { el, setFormError, setText, whileBusy } from './dom.js';
import { GRANT_TEXTS } from './evening-text.js';
import { localDateTime, startOf } from './date-field.js';
import { showAlert, showNotice } from './notices.js';
import { errorLine } from './text.js';

export class PartySettings {
  #room;
  #boxes = new Map();

  constructor(room) {
    this.#room = room;
    const box = room.part('default-grants');
    for (const [grant, text] of Object.entries(GRANT_TEXTS)) {
      const input = el('input', { type: 'checkbox', 'data-grant': grant });
      this.#boxes.set(grant, input);
      box.append(el('label', { class: 'choice' }, input, el('span', {}, text)));
    }
    room.on(room.part('open-settings'), 'click', () => this.#open());
    const save = room.part('save-settings');
    room.on(room.part('settings-form'), 'submit', (event) => {
      event.preventDefault();
      const line = room.part('settings-error');
      void whileBusy(save, () => this.#save(), (error) => setFormError(line, errorLine(error)));
    });
    room.on(room.part('cancel-settings'), 'click', () => room.part('settings-dialog').close());
    this.draw();
  }

  draw() {
    this.#room.part('open-settings').hidden = !this.#room.isHost || !this.#room.party.wait;
    this.#room.part('open-bans').hidden = !this.#room.may('moderate');
  }

  #open() {
    const { party, connection } = this.#room;
    for (const [grant, input] of this.#boxes) input.checked = party.default_grants.includes(grant);
    this.#field('wait-for').value = party.wait.for;
    this.#field('wait-limit').value = String(party.wait.limit_s);
    this.#field('chat-enabled').checked = party.chat_enabled;
    this.#field('queue-mode').value = party.queue_mode;
    const after = this.#field('next-after');
    const value = party.next_after_s === null ? 'never' : String(party.next_after_s);
    if (![...after.options].some((one) => one.value === value)) after.add(el('option', { value }, `After ${value} s`));
    after.value = value;
    const nowMs = connection.partyTimeMs() ?? Date.now();
    const isAhead = party.starts_at_ms !== null && party.starts_at_ms > nowMs;
    this.#room.part('settings-date').hidden = !isAhead;
    this.#field('set-start').value = isAhead ? localDateTime(party.starts_at_ms) : '';
    setFormError(this.#room.part('settings-error'), '');
    this.#room.part('settings-dialog').showModal();
  }

  #field(name) {
    return this.#room.part(name);
  }

  async #save() {
    const { api, party } = this.#room;
    const changes = changedOf(party, this.#wish());
    if (Object.keys(changes).length > 0) {
      await api.change(party.id, changes);
      showNotice('The party is changed');
    }
    this.#room.part('settings-dialog').close();
  }

  #wish() {
    const { party } = this.#room;
    const next = this.#field('next-after').value;
    const dated = this.#room.part('settings-date').hidden ? {} : { starts_at_ms: startOf(this.#field('set-start').value) };
    return {
      default_grants: [...this.#boxes].filter(([, { checked }]) => checked).map(([grant]) => grant),
      wait: { ...party.wait, for: this.#field('wait-for').value, limit_s: Number(this.#field('wait-limit').value) || party.wait.limit_s },
      chat_enabled: this.#field('chat-enabled').checked,
      queue_mode: this.#field('queue-mode').value,
      next_after_s: next === 'never' ? null : Number(next),
      ...dated,
    };
  }
}

/** What of a wish is another than the party has; the order of rights says nothing. */
export function changedOf(party, wish) {
  const text = (value) => JSON.stringify(Array.isArray(value) ? [...value].sort() : value && typeof value === 'object' ? Object.entries(value).sort() : value);
  return Object.fromEntries(Object.entries(wish).filter(([name, value]) => text(value) !== text(party[name])));
}

/** Wires the list of who may not come back. */
export function showBans(room) {
  const list = room.part('bans');
  const load = async () => {
    const { items } = await room.api.people.bans(room.party.id);
    list.replaceChildren(...items.map(({ user_id, display_name }) => {
      const button = el('button', { type: 'button', class: 'button button-small', 'data-testid': 'unban' }, 'Let in again');
      button.addEventListener('click', () => void whileBusy(button, async () => {
        await room.api.people.unban(room.party.id, user_id);
        await load();
      }, showAlert));
      return el('li', { class: 'pick-row' }, el('bdi', {}, display_name), button);
    }));
    setText(room.part('no-bans'), items.length ? '' : 'Nobody is kept out.');
  };
  room.on(room.part('open-bans'), 'click', () => {
    room.part('bans-dialog').showModal();
    void load().catch(showAlert);
  });
}
