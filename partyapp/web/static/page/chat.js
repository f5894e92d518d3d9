/** The chat beside the film: what was said, a field to say something, and how much was not read. */

import { chatRow, pendingRow, unsentRow } from './chat-row.js';
import { setBarred, setFormError, setText, whileBusy } from './dom.js';
import { chatRefusal, writeReason } from './evening-text.js';
import { showAlert, showOffer } from './notices.js';
import { randomUuid } from '../party-client/uuid.js';
import { formatTime } from './text.js';

/** From so near to its end the list follows what comes, px. */
const NEAR_END_PX = 60;
const PAGE = 50;

export class Chat {
  #room;
  #person;
  #list;
  #rows = new Map();
  /** What was not sent, or is not known to have been, by its id. */
  #unsent = new Map();
  /** What was loaded of before the talk that the connection keeps. */
  #older = [];
  #hasOlder = true;
  #beforeSeq = null;
  #rights = '';
  /** Called when something was said by somebody else, with its `seq`. */
  onSaid = () => {};
  /** Called when all was told anew. */
  onTold = () => {};

  /** `person` is the dialog in which a message's author is looked after. */
  constructor(room, person) {
    this.#room = room;
    this.#person = person;
    this.#list = room.part('chat-list');
    const { connection } = room;
    room.on(connection, 'talk', () => this.#told());
    room.on(connection, 'chat', ({ detail }) => this.#said(detail.message));
    room.on(connection, 'muted', () => this.draw());
    room.on(connection, 'chat_deleted', ({ detail }) => this.#drop(detail.seq));
    room.on(room.part('chat-form'), 'submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    room.on(room.part('chat-older'), 'click', () => void this.#loadOlder());
  }

  /** The newest message's number. */
  get lastSeq() {
    return this.#room.connection.talk.lastSeq;
  }

  focus() {
    this.#room.part('chat-field').focus({ preventScroll: true });
  }

  toEnd() {
    this.#list.scrollTop = this.#list.scrollHeight;
  }

  get isAtEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }

  /** What may be done by whom can have changed. */
  draw() {
    const { party, connection } = this.#room;
    const reason = writeReason(party, this.#room.may('chat'), connection.talk.mutedUntilMs, connection.partyTimeMs());
    setText(this.#room.part('chat-reason'), reason);
    this.#room.part('chat-reason').hidden = !reason;
    const field = this.#room.part('chat-field');
    field.readOnly = Boolean(reason);
    setBarred(this.#room.part('chat-send'), Boolean(reason) || connection.state === 'closed');
    const rights = `${this.#room.may('moderate')} ${party.host_id}`;
    if (rights === this.#rights) return;
    this.#rights = rights;
    this.#fill();
  }

  #told() {
    this.#older = [];
    this.#beforeSeq = null;
    this.#hasOlder = (this.#room.connection.talk.messages[0]?.seq ?? 1) > 1;
    this.#fill();
    this.toEnd();
    this.onTold();
  }

  #said(message) {
    const follows = this.isAtEnd || message.user_id === this.#room.userId;
    this.#insert(message);
    if (follows) this.toEnd();
    if (message.user_id !== this.#room.userId) this.onSaid(message.seq);
  }

  #drop(seq) {
    this.#older = this.#older.filter((one) => one.seq !== seq);
    const row = this.#rows.get(seq);
    if (!row) return;
    if (row.contains(document.activeElement)) this.#list.focus({ preventScroll: true });
    row.remove();
    this.#rows.delete(seq);
    this.#drawEmpty();
  }

  /** All rows anew; screen readers hear of what comes after that alone. */
  #fill() {
    this.#list.setAttribute('aria-busy', 'true');
    for (const row of this.#rows.values()) row.remove();
    this.#rows.clear();
    for (const message of [...this.#older, ...this.#room.connection.talk.messages]) this.#insert(message);
    this.#list.removeAttribute('aria-busy');
    this.#room.part('chat-older').hidden = !this.#hasOlder;
    this.#drawEmpty();
  }

  #insert(message) {
    this.#dropUnsent(message.id);
    if (this.#rows.has(message.seq)) return;
    const isMine = message.user_id === this.#room.userId;
    const mayRemove = isMine || this.#room.may('moderate');
    const row = chatRow(message, {
      isMine, mayRemove, mayLookAfter: this.#person.concerns(message), nowMs: this.#room.nowMs,
      acts: {
        goTo: (said) => this.#goTo(said), remove: (seq, button) => this.#remove(seq, button),
        about: ({ user_id, display_name }) => this.#person.open(user_id, { user_id, display_name }),
      },
    });
    const next = [...this.#list.children].find((one) => !one.dataset.seq || Number(one.dataset.seq) > message.seq);
    this.#list.insertBefore(row, next ?? null);
    this.#rows.set(message.seq, row);
    this.#drawEmpty();
  }

  #drawEmpty() {
    this.#room.part('chat-empty').hidden = this.#rows.size > 0;
  }

  async #loadOlder() {
    const { api, party, connection } = this.#room;
    const before = this.#beforeSeq ?? connection.talk.messages[0]?.seq;
    if (!before) return;
    const load = async () => {
      const { items } = await api.chat.list(party.id, { before, limit: PAGE });
      const heightBefore = this.#list.scrollHeight;
      this.#older = [...items.filter(({ deleted }) => !deleted), ...this.#older];
      this.#beforeSeq = items[0]?.seq ?? null;
      this.#hasOlder = items.length === PAGE;
      this.#fill();
      this.#list.scrollTop += this.#list.scrollHeight - heightBefore;
    };
    await whileBusy(this.#room.part('chat-older'), load, showAlert);
  }

  async #send() {
    const field = this.#room.part('chat-field');
    const text = field.value.trim();
    setFormError(this.#room.part('chat-error'), '');
    if (!text || field.readOnly) return;
    field.value = '';
    await this.#say(text);
  }

  /** The same id again is the same message: where nobody knows whether it was said, it is not said twice. */
  async #say(text, id = randomUuid()) {
    const row = pendingRow(text);
    this.#list.append(row);
    this.toEnd();
    try {
      await this.#room.connection.talk.say(text, { id });
    } catch (error) {
      if (this.#room.signal.aborted) return;
      setFormError(this.#room.part('chat-error'), chatRefusal(error));
      this.#giveBack(text, id, error);
    } finally {
      row.remove();
    }
  }

  /**
   * What was refused goes back into the field, if it is empty. Where the next message is written there already, or
   * where this one may have been said all the same, it stays in the list and can be sent again.
   */
  #giveBack(text, id, { code }) {
    const field = this.#room.part('chat-field');
    const isOpen = ['timeout', 'closed'].includes(code);
    if (!isOpen && !field.value) {
      field.value = text;
      return;
    }
    const row = unsentRow(text, () => {
      this.focus();
      this.#dropUnsent(id);
      void this.#say(text, id);
    });
    this.#unsent.set(id, row);
    this.#list.append(row);
    this.toEnd();
  }

  #dropUnsent(id) {
    if (!this.#unsent.has(id)) return;
    this.#unsent.get(id).remove();
    this.#unsent.delete(id);
    setFormError(this.#room.part('chat-error'), '');
  }

  /** The place in the film where it was said: asked first, since it moves everybody. */
  #goTo({ position_s, video_id }) {
    const place = formatTime(position_s);
    const reason = this.#room.controlReason;
    if (video_id !== this.#room.party.video.id) showAlert('That was said about another film.');
    else if (reason) showAlert(`It was said at ${place}. ${reason}`);
    else {
      showOffer(`Go to ${place} with everybody?`, {
        label: 'Go there', testId: 'go-there', run: () => this.#room.command('seek', { position_s }),
      }, { signal: this.#room.signal });
    }
  }

  #remove(seq, button) {
    const { api, party } = this.#room;
    void whileBusy(button, () => api.chat.remove(party.id, seq), showAlert);
  }
}
