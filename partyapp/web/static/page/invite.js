/** The invite link: shown, and copied at a press. */

import { inviteLink } from './addresses.js';
import { copyField } from './clipboard.js';
import { showNotice, showAlert } from './notices.js';

const SAYS_COPIED_MS = 2500;

/** Shows the link of this party and lets the button copy it. */
export function showInvite(room) {
  const field = room.part('invite-link');
  const button = room.part('copy-invite');
  field.value = inviteLink(room.party, window.location.origin);
  room.on(field, 'focus', () => field.select());
  room.on(button, 'click', async () => {
    if (!(await copyField(field))) {
      field.focus();
      showAlert('Your browser does not let us copy. The link is selected: copy it yourself.');
      return;
    }
    showNotice('Invite link copied');
    button.textContent = 'Copied';
    room.after(SAYS_COPIED_MS, () => {
      button.textContent = 'Copy link';
    });
  });
}
