/** A question before something that can't be taken back. */

import { setText } from './dom.js';

/** Asks, and does it where the answer is yes. Enter gives the harmless answer. */
export function ask(room, { heading, text, confirm }, act) {
  const dialog = room.part('ask-dialog');
  setText(room.part('ask-heading'), heading);
  setText(room.part('ask-text'), text);
  setText(room.part('ask-yes'), confirm);
  dialog.returnValue = '';
  dialog.addEventListener('close', () => dialog.returnValue === 'yes' && act(), { once: true, signal: room.signal });
  dialog.showModal();
  room.part('ask-no').focus();
}
