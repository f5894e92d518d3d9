/** The chat's panel: folded or open, beside the picture in full screen too, and how much was not read. */

import { Chat } from './chat.js';
import { setText } from './dom.js';
import { unreadText } from './evening-text.js';
import { loadChatOpen, saveChatOpen } from './storage.js';

export class ChatPanel {
  #room;
  #chat;
  #panel;
  #readSeq = null;
  #unread = new Set();

  /** `person` is the dialog in which a message's author is looked after. */
  constructor(room, person) {
    this.#room = room;
    this.#panel = room.part('chat-panel');
    this.#chat = new Chat(room, person);
    // Where there is little room the picture, and who is here, come first.
    this.#panel.open = loadChatOpen() ?? window.matchMedia('(min-width: 961px)').matches;
    this.#chat.onTold = () => this.#told();
    this.#chat.onSaid = (seq) => {
      this.#unread.add(seq);
      this.#look();
    };
    room.on(this.#panel, 'toggle', () => {
      if (this.#panel.open) this.#chat.toEnd();
      this.#look();
    });
    room.on(room.part('chat-summary'), 'click', () => saveChatOpen(!this.#panel.open));
    room.on(room.part('chat-list'), 'scroll', () => this.#look());
    room.on(document, 'visibilitychange', () => this.#look());
    room.on(room.connection, 'chat_deleted', ({ detail }) => {
      this.#unread.delete(detail.seq);
      this.#look();
    });
    room.on(room.part('toggle-chat'), 'click', () => this.toggle());
    room.signal.addEventListener('abort', () => document.documentElement.classList.remove('has-chat'));
    // Going into full screen and out of it changes whether the panel is to be seen.
    const screen = new MutationObserver(() => this.#look());
    screen.observe(document.documentElement, { attributeFilter: ['class'] });
    room.signal.addEventListener('abort', () => screen.disconnect());
    this.draw();
  }

  get #isFullscreen() {
    return document.documentElement.classList.contains('is-fullscreen');
  }

  get #isShown() {
    const isBeside = !this.#isFullscreen || document.documentElement.classList.contains('has-chat');
    return this.#panel.open && isBeside && document.visibilityState !== 'hidden';
  }

  /** Opens the chat and goes to its field, or folds it. */
  toggle() {
    const { classList } = document.documentElement;
    const opens = !(this.#panel.open && (!this.#isFullscreen || classList.contains('has-chat')));
    classList.toggle('has-chat', opens);
    if (opens || !this.#isFullscreen) {
      this.#panel.open = opens;
      saveChatOpen(opens);
    }
    if (opens) {
      this.#chat.toEnd();
      this.#chat.focus();
    } else this.#room.part('toggle-chat').focus({ preventScroll: true });
    this.#look();
  }

  draw() {
    const { isKnown } = this.#room.connection.talk;
    for (const name of ['chat-panel', 'toggle-chat']) this.#room.part(name).hidden = !isKnown;
    this.#room.part('reactions-bar').hidden = !isKnown || !this.#room.may('chat') || !this.#room.party.chat_enabled;
    this.#chat.draw();
  }

  #told() {
    const { messages } = this.#room.connection.talk;
    // What was said before one came is no news.
    if (this.#readSeq === null) this.#readSeq = this.#chat.lastSeq;
    const missed = messages.filter(({ seq, user_id }) => seq > this.#readSeq && user_id !== this.#room.userId);
    this.#unread = new Set(missed.map(({ seq }) => seq));
    this.#look();
    this.draw();
  }

  #look() {
    if (this.#isShown && this.#chat.isAtEnd) {
      this.#unread.clear();
      this.#readSeq = this.#chat.lastSeq;
    }
    const text = unreadText(this.#unread.size);
    for (const name of ['chat-unread', 'bar-unread']) {
      setText(this.#room.part(name), text);
      this.#room.part(name).hidden = !text;
    }
    const button = this.#room.part('toggle-chat');
    button.setAttribute('aria-expanded', String(this.#isShown));
    button.setAttribute('aria-label', text ? `Chat, ${text} unread` : 'Chat');
  }
}
