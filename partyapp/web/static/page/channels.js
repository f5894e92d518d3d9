/** Where one's notifications go beside the page: added, verified, chosen, removed; and when they don't. */

import { KIND_TEXTS, addressText, channelState, offeredText } from './channel-text.js';
import { el, setFormError, setText, whileBusy } from './dom.js';
import { showAlert } from './notices.js';
import { errorLine } from './text.js';

/** Whether a code could be sent is known a little later. */
const LOOK_AGAIN_MS = 3000;

/** Lets the button of the start page open one's channels. */
export function offerChannels(view, session) {
  const part = (name) => view.querySelector(`[data-testid=${name}]`);
  const dialog = part('channels-dialog');
  const panel = new ChannelPanel(part, session.api.channels);
  part('open-channels').addEventListener('click', () => void whileBusy(part('open-channels'), async () => {
    await panel.load();
    dialog.showModal();
  }, showAlert));
  const timer = window.setInterval(() => {
    if (!dialog.isConnected) window.clearInterval(timer);
    else if (dialog.open && panel.isWaiting) void panel.look();
  }, LOOK_AGAIN_MS);
}

class ChannelPanel {
  #part;
  #api;
  #channels = [];

  constructor(part, api) {
    this.#part = part;
    this.#api = api;
    part('channel-form').addEventListener('submit', (event) => {
      event.preventDefault();
      void whileBusy(part('add-channel'), () => this.#add(), (error) => setFormError(part('channel-error'), errorLine(error)));
    });
    part('quiet-form').addEventListener('submit', (event) => {
      event.preventDefault();
      void whileBusy(part('save-quiet'), () => this.#saveQuiet(), showAlert);
    });
  }

  /** Whether a channel may become another one by itself. */
  get isWaiting() {
    return this.#channels.some(({ state }) => state === 'unverified');
  }

  async load() {
    const { items, quiet_hours: quiet, schemes } = await this.#api.list();
    setText(this.#part('offered'), offeredText(schemes));
    setText(this.#part('address-label'), addressText(schemes));
    this.#part('channel-form').hidden = schemes.length === 0;
    this.#part('quiet').checked = quiet !== null;
    this.#part('quiet-begin').value = quiet?.begin ?? '22:00';
    this.#part('quiet-end').value = quiet?.end ?? '08:00';
    this.#draw(items);
  }

  /** Draws what has become of the channels; a code that is being typed is left alone. */
  async look() {
    const { items } = await this.#api.list().catch(() => ({ items: this.#channels }));
    if (JSON.stringify(items) !== JSON.stringify(this.#channels)) this.#draw(items);
  }

  #draw(channels) {
    this.#channels = channels;
    this.#part('channels').replaceChildren(...channels.map((channel) => this.#row(channel)));
    this.#part('no-channels').hidden = channels.length > 0;
  }

  #replace(changed) {
    this.#draw(this.#channels.map((channel) => (channel.id === changed.id ? changed : channel)));
  }

  async #add() {
    const field = this.#part('channel-address');
    const error = this.#part('channel-error');
    setFormError(error, field.value.trim() ? '' : 'Type an address first.');
    if (!field.value.trim()) return;
    const added = await this.#api.add(field.value.trim());
    field.value = '';
    this.#draw([...this.#channels, added]);
    this.#part('channels').lastElementChild.querySelector('input').focus();
  }

  async #saveQuiet() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const [begin, end] = [this.#part('quiet-begin').value, this.#part('quiet-end').value];
    await this.#api.setQuietHours(this.#part('quiet').checked ? { time_zone: zone, begin, end } : null);
    setText(this.#part('quiet-saved'), 'Saved.');
  }

  #row(channel) {
    const row = el('li', { class: 'channel', 'data-testid': 'channel' },
      el('p', {}, el('strong', {}, el('bdi', {}, channel.label)), ' ', el('span', { 'data-testid': 'channel-state' }, channelState(channel))));
    if (channel.state === 'active') row.append(this.#kinds(channel));
    else row.append(this.#codeForm(channel));
    const remove = el('button', { type: 'button', class: 'button button-small', 'data-testid': 'remove-channel' }, 'Remove');
    remove.addEventListener('click', () => void whileBusy(remove, async () => {
      await this.#api.remove(channel.id);
      this.#draw(this.#channels.filter(({ id }) => id !== channel.id));
      this.#part('channel-address').focus();
    }, showAlert));
    row.append(remove);
    return row;
  }

  #kinds(channel) {
    const boxes = Object.entries(KIND_TEXTS).map(([kind, text]) => {
      const box = el('input', { type: 'checkbox', value: kind, checked: channel.kinds.includes(kind) });
      return [box, el('label', { class: 'check' }, box, el('span', {}, text))];
    });
    const chosen = () => boxes.filter(([box]) => box.checked).map(([box]) => box.value);
    const set = el('fieldset', { class: 'field' }, el('legend', { class: 'field-label' }, 'Tell me when'), ...boxes.map(([, label]) => label));
    set.addEventListener('change', ({ target }) => void this.#api.change(channel.id, chosen()).catch((error) => {
      target.checked = !target.checked;
      showAlert(error);
    }));
    return set;
  }

  #codeForm(channel) {
    const code = el('input', {
      type: 'text', inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: '6', 'data-testid': 'channel-code',
      'aria-label': `Code that was sent to ${channel.label}`, placeholder: '123456',
    });
    const error = el('p', { class: 'form-error', role: 'alert', hidden: true });
    const verify = el('button', { class: 'button button-small button-main', 'data-testid': 'verify-channel' }, 'Verify');
    const again = el('button', { type: 'button', class: 'button button-small', 'data-testid': 'send-code' }, 'Send a code again');
    const form = el('form', { class: 'channel-code', novalidate: true }, code, verify, again, error);
    const tell = (problem) => setFormError(error, errorLine(problem));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void whileBusy(verify, async () => this.#replace(await this.#api.verify(channel.id, code.value.trim())), tell);
    });
    again.addEventListener('click', () => void whileBusy(again, async () => {
      this.#replace(await this.#api.sendCode(channel.id));
    }, tell));
    return form;
  }
}
