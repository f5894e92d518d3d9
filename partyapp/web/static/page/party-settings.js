/** What the host sets of a running party: rights of all, for whom it waits, the chat, the queue, the date; and who may not come back. */

import { el, setFormError, setText, whileBusy } from './dom.js';
import { dateFault, mayHaveDate, shownDate, startOf } from './date-field.js';
import { addGrantBoxes } from './grant-boxes.js';
import { showAlert, showNotice } from './notices.js';
import { errorLine } from './text.js';

export class PartySettings {
  #room;
  #boxes;
  /** What the field of the date showed first: what was not touched is left as it is, to the millisecond. */
  #shownDate = '';

  constructor(room) {
    this.#room = room;
    this.#boxes = addGrantBoxes(room.part('default-grants'));
    room.on(room.part('open-settings'), 'click', () => this.#open());
    const save = room.part('save-settings');
    room.on(room.part('settings-form'), 'submit', (event) => {
      event.preventDefault();
      const line = room.part('settings-error');
      const fault = dateFault(this.#field('set-start'));
      setFormError(line, fault);
      if (fault) return this.#field('set-start').focus();
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
    const { party, nowMs } = this.#room;
    for (const [grant, input] of this.#boxes) input.checked = party.default_grants.includes(grant);
    this.#field('wait-for').value = party.wait.for;
    this.#field('wait-limit').value = String(party.wait.limit_s);
    this.#field('chat-enabled').checked = party.chat_enabled;
    this.#field('queue-mode').value = party.queue_mode;
    const after = this.#field('next-after');
    const value = party.next_after_s === null ? 'never' : String(party.next_after_s);
    if (![...after.options].some((one) => one.value === value)) after.add(el('option', { value }, `After ${value} s`));
    after.value = value;
    this.#room.part('settings-date').hidden = !mayHaveDate(party, nowMs);
    this.#shownDate = shownDate(party, nowMs);
    this.#field('set-start').value = this.#shownDate;
    setFormError(this.#room.part('settings-error'), '');
    this.#room.part('settings-dialog').showModal();
    // Browsers would take the box around the fields, which scrolls.
    this.#boxes.values().next().value.focus();
  }

  #field(name) {
    return this.#room.part(name);
  }

  async #save() {
    const { api, party } = this.#room;
    const { value } = this.#field('set-start');
    const dated = value === this.#shownDate ? {} : { starts_at_ms: startOf(value) };
    const changes = { ...changedOf(party, this.#wish()), ...dated };
    if (Object.keys(changes).length > 0) {
      await api.change(party.id, changes);
      showNotice('The party is changed');
    }
    this.#room.part('settings-dialog').close();
  }

  #wish() {
    const { party } = this.#room;
    const next = this.#field('next-after').value;
    return {
      default_grants: [...this.#boxes].filter(([, { checked }]) => checked).map(([grant]) => grant),
      wait: { ...party.wait, for: this.#field('wait-for').value, limit_s: Number(this.#field('wait-limit').value) || party.wait.limit_s },
      chat_enabled: this.#field('chat-enabled').checked,
      queue_mode: this.#field('queue-mode').value,
      next_after_s: next === 'never' ? null : Number(next),
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
