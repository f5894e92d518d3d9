/** What may be done about one member: rights, the role of the host, mute, taking out. */

import { ask } from './ask.js';
import { setText, whileBusy } from './dom.js';
import { addGrantBoxes } from './grant-boxes.js';
import { showAlert, showNotice } from './notices.js';
import { isolated } from './text.js';

const MUTED_S = 600;

export class Person {
  #room;
  #userId = null;
  /** As it was found where the party's list doesn't hold them. */
  #found = null;
  /** What may be done about their writing: `mute`, `unmute`, both where it isn't known, nothing where they have left. */
  #offered = ['mute'];
  /** The latest question whether they are muted; another one, or a mute, makes its answer old. */
  #question = null;
  #boxes;

  constructor(room) {
    this.#room = room;
    this.#boxes = addGrantBoxes(room.part('person-boxes'));
    for (const input of this.#boxes.values()) room.on(input, 'change', () => void this.#give(input));
    this.#on('person-defaults', (button) => this.#act(button, () => this.#setGrants(null)));
    this.#on('person-host', (button) => this.#act(button, () => room.api.transfer(this.#partyId, this.#userId)));
    this.#on('person-mute', (button) => this.#act(button, () => this.#mute(MUTED_S, 'can’t write for 10 minutes')));
    this.#on('person-unmute', (button) => this.#act(button, () => this.#mute(0, 'can write again')));
    this.#on('person-remove', () => this.#askToRemove(false));
    this.#on('person-ban', () => this.#askToRemove(true));
  }

  /** Whether there is anything that this user may do about that member. */
  concerns(member) {
    if (member.user_id === this.#room.userId) return false;
    return this.#room.isHost || (this.#room.may('moderate') && member.user_id !== this.#room.party.host_id);
  }

  /**
   * `found` is the member where the party's list may not hold them; of who said something in the chat, and may have
   * left since, no more than `{user_id, display_name}`.
   */
  open(userId, found = null) {
    this.#userId = userId;
    this.#found = found;
    this.#offered = ['mute'];
    this.draw();
    if (!this.#member) return;
    this.#room.part('person-dialog').showModal();
    if (this.#mayModerate && this.#room.connection.talk.isKnown) void this.#askWhetherMuted();
  }

  draw() {
    const dialog = this.#room.part('person-dialog');
    const member = this.#member;
    if (this.#userId === null) return;
    if (!member || !this.concerns(member)) {
      if (dialog.open) dialog.close();
      return;
    }
    setText(this.#room.part('person-name'), member.display_name);
    const { isHost } = this.#room;
    for (const [grant, input] of this.#boxes) if (document.activeElement !== input) input.checked = member.grants?.includes(grant) ?? false;
    this.#room.part('person-grants').hidden = !isHost || !member.grants;
    this.#room.part('person-defaults').hidden = !member.own_grants;
    this.#room.part('person-host').hidden = !isHost || !member.role;
    const mayModerate = this.#mayModerate;
    const mayMute = mayModerate && this.#room.connection.talk.isKnown;
    for (const name of ['mute', 'unmute']) this.#room.part(`person-${name}`).hidden = !mayMute || !this.#offered.includes(name);
    for (const name of ['remove', 'ban']) this.#room.part(`person-${name}`).hidden = !mayModerate;
  }

  get #mayModerate() {
    return this.#room.may('moderate') && this.#userId !== this.#room.party.host_id;
  }

  get #member() {
    return this.#room.party.members?.find(({ user_id }) => user_id === this.#userId) ?? this.#found;
  }

  get #partyId() {
    return this.#room.party.id;
  }

  get #people() {
    return this.#room.api.people;
  }

  #on(name, act) {
    const button = this.#room.part(name);
    this.#room.on(button, 'click', () => act(button));
  }

  async #act(button, act) {
    await whileBusy(button, act, showAlert);
    this.draw();
  }

  async #give(input) {
    const grants = [...this.#boxes].filter(([, { checked }]) => checked).map(([grant]) => grant);
    const undo = (error) => {
      input.checked = !input.checked;
      showAlert(error);
    };
    await whileBusy(input, () => this.#setGrants(grants), undo);
    this.draw();
  }

  async #setGrants(grants) {
    const member = await this.#people.setGrants(this.#partyId, this.#userId, grants);
    if (this.#found?.user_id === member.user_id) this.#found = member;
  }

  async #mute(seconds, text) {
    const [userId, name] = [this.#userId, isolated(this.#member.display_name)];
    const { muted_until_ms: untilMs } = await this.#people.mute(this.#partyId, userId, seconds);
    showNotice(`${name} ${text}`);
    if (this.#userId !== userId) return;
    this.#question = null;
    this.#offer(untilMs);
    this.#room.part(`person-${this.#offered[0]}`).focus();
  }

  #offer(mutedUntilMs) {
    this.#offered = [mutedUntilMs === null ? 'mute' : 'unmute'];
    this.draw();
  }

  /** Mutes end by themselves and others give them too, so it is asked anew each time. */
  async #askWhetherMuted() {
    const question = (this.#question = this.#people.muted(this.#partyId, this.#userId));
    try {
      const { muted_until_ms: untilMs } = await question;
      if (this.#question === question) this.#offer(untilMs);
    } catch (error) {
      if (this.#question !== question) return;
      this.#offered = error.status === 404 ? [] : ['mute', 'unmute'];
      this.draw();
    }
  }

  #askToRemove(ban) {
    const [userId, name] = [this.#userId, isolated(this.#member.display_name)];
    const text = ban
      ? 'They can’t come back, by no link, until you let them in again.'
      : 'They can come back by a link that they have.';
    ask(this.#room, { heading: `Take ${name} out of the party?`, text, confirm: ban ? 'Take out for good' : 'Take out' }, () => {
      this.#room.part('person-dialog').close();
      void this.#people.remove(this.#partyId, userId, { ban }).catch(showAlert);
    });
  }
}
