/** What a person does with a film of the start page. */

import { showAlert, showNotice } from './notices.js';
import { errorLine } from './text.js';

/** Asks in a dialog of the page; answers its return value. */
function asked(dialog) {
  return new Promise((resolve) => {
    dialog.returnValue = '';
    dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true });
    dialog.showModal();
  });
}

const IN_USE = 'A party shows this film now. End the party, or wait until it is over, and delete it then.';

export class FilmActions {
  #view;
  #films;
  #uploads;
  #chooseFile;

  /** `films` is a FilmsApi, `uploads` an Uploads, `chooseFile` opens the picker. */
  constructor({ view, films, uploads, chooseFile }) {
    this.#view = view;
    this.#films = films;
    this.#uploads = uploads;
    this.#chooseFile = chooseFile;
  }

  async chooseAgain() {
    this.#chooseFile();
  }

  async pause({ upload }) {
    upload.pause();
  }

  async resume({ upload }) {
    this.#uploads.resume(upload);
  }

  async cancel(entry) {
    const { upload, unfinished } = entry;
    entry.leave();
    this.#focusList();
    if (upload) await this.#uploads.cancel(upload);
    else await this.#uploads.forget(unfinished);
  }

  async prepare(entry) {
    await this.#films.prepare(entry.video.id);
    entry.update(await this.#films.get(entry.video.id));
  }

  async rename(entry) {
    const dialog = this.#part('rename-dialog');
    const field = dialog.querySelector('input');
    field.value = entry.title;
    const answer = asked(dialog);
    field.select();
    const title = (await answer) === 'rename' ? field.value.trim() : '';
    if (title && title !== entry.title) entry.update(await this.#films.change(entry.video.id, { title }));
  }

  async remove(entry) {
    const dialog = this.#part('delete-dialog');
    dialog.querySelector('[data-part=film]').textContent = entry.title;
    const answer = asked(dialog);
    // Enter gives the harmless answer.
    dialog.querySelector('[data-testid=cancel-delete]').focus();
    if ((await answer) !== 'delete') return;
    try {
      await this.#films.remove(entry.video.id);
    } catch (error) {
      showAlert(error?.code === 'video_in_use' ? IN_USE : errorLine(error));
      return;
    }
    entry.leave();
    this.#focusList();
    showNotice(`“${entry.title}” is deleted`);
  }

  #part(name) {
    return this.#view.querySelector(`[data-testid=${name}]`);
  }

  /** A row that vanishes takes the focus with it. */
  #focusList() {
    this.#part('videos').focus();
  }
}
