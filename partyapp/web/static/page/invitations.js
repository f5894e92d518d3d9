/** Invitations beside the party's own link: made for a time or a number of people, copied, taken back. */

import { ask } from './ask.js';
import { copyLink } from './clipboard.js';
import { el, whileBusy } from './dom.js';
import { inviteState } from './evening-text.js';
import { showAlert, showNotice } from './notices.js';

export class Invitations {
  #room;
  #list;

  constructor(room) {
    this.#room = room;
    this.#list = room.part('invites');
    room.on(room.part('open-invites'), 'click', () => {
      room.part('invites-dialog').showModal();
      void this.#load();
    });
    const make = room.part('make-invite');
    room.on(room.part('invite-form'), 'submit', (event) => {
      event.preventDefault();
      void whileBusy(make, () => this.#make(), showAlert);
    });
    room.on(room.part('new-code'), 'click', () => ask(room, {
      heading: 'Make a new invite link?',
      text: 'The party’s own link, as it is now, opens nothing from then on. Who is in stays in.',
      confirm: 'Make a new link',
    }, () => void this.#newCode()));
    this.draw();
  }

  draw() {
    this.#room.part('open-invites').hidden = !this.#room.may('invite');
    this.#room.part('new-code').hidden = !this.#room.isHost;
  }

  get #partyId() {
    return this.#room.party.id;
  }

  async #newCode() {
    try {
      const party = await this.#room.api.people.newInviteCode(this.#partyId);
      this.#room.onInviteCode?.(party.invite_code);
      showNotice('The party has a new invite link');
    } catch (error) {
      showAlert(error);
    }
  }

  async #make() {
    const expires = Number(this.#room.part('invite-expires').value);
    const uses = Number(this.#room.part('invite-uses').value);
    const fields = { ...(expires ? { expires_in_s: expires } : {}), ...(uses ? { max_uses: uses } : {}) };
    const invite = await this.#room.api.people.invite(this.#partyId, fields);
    const row = this.#rowOf(invite);
    this.#list.prepend(row);
    this.#drawEmpty();
    row.querySelector('[data-testid=copy-made]').focus();
  }

  async #load() {
    try {
      const { items } = await this.#room.api.people.invites(this.#partyId);
      this.#list.replaceChildren(...items.map((invite) => this.#rowOf(invite)));
      this.#drawEmpty();
    } catch (error) {
      showAlert(error);
    }
  }

  #drawEmpty() {
    this.#room.part('no-invites').hidden = this.#list.childElementCount > 0;
  }

  #rowOf(invite) {
    const { text, isOpen } = inviteState(invite, this.#room.nowMs);
    const field = el('input', { type: 'text', readonly: true, value: invite.url, 'aria-label': 'Invitation’s link' });
    const state = el('span', { class: 'hint', 'data-testid': 'invite-state' }, text);
    const row = el('li', { class: 'invite-made', 'data-testid': 'invite-made', 'data-open': isOpen ? 'yes' : 'no' }, field, state);
    if (!isOpen) return row;
    const copy = el('button', { type: 'button', class: 'button button-small', 'data-testid': 'copy-made' }, 'Copy');
    copy.addEventListener('click', () => void copyLink(field, 'Invitation copied'));
    const revoke = el('button', { type: 'button', class: 'button button-small button-danger', 'data-testid': 'revoke-invite' }, 'Take back');
    revoke.addEventListener('click', () => void whileBusy(revoke, async () => {
      await this.#room.api.people.revokeInvite(this.#partyId, invite.id);
      await this.#load();
      this.#room.part('make-invite').focus();
    }, showAlert));
    row.append(el('span', { class: 'invite-acts' }, copy, revoke));
    return row;
  }
}
