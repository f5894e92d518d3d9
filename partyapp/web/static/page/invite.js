/** The invite link: shown, and copied at a press. */

import { inviteLink, publicUrl, syncplayPort, toldPublicUrl } from './addresses.js';
import { copyLink } from './clipboard.js';

const SAYS_COPIED_MS = 2500;

/** What is said of a link that is not simply the address of this page. */
const NOTES = {
  network: 'You opened this page as your own machine. The link is its address for all on your network. There your browser ' +
    'takes you for somebody else: a code from “Use on another device”, on the start page, makes you the same person.',
  machine: 'This link works on this machine alone: open the page at an address that others can reach.',
};

/** Shows the link of this party and lets the button copy it. */
export function showInvite(room) {
  const field = room.part('invite-link');
  const button = room.part('copy-invite');
  const { url, source } = publicUrl(window.location, toldPublicUrl(document.head));
  const draw = () => {
    const code = room.inviteCode ?? room.party.invite_code;
    field.value = inviteLink({ ...room.party, invite_code: code }, url);
    room.part('syncplay-room').textContent = code ?? '';
  };
  const port = syncplayPort(document.head);
  room.part('syncplay').hidden = port === null;
  room.part('syncplay-server').textContent = `${new URL(url).hostname}:${port ?? ''}`;
  draw();
  room.onInviteCode = draw;
  room.on(room.connection, 'welcome', () => {
    room.inviteCode = null;
    draw();
  });
  const note = room.part('invite-note');
  note.textContent = NOTES[source] ?? '';
  note.hidden = !note.textContent;
  room.on(field, 'focus', () => field.select());
  room.on(button, 'click', async () => {
    if (!(await copyLink(field, 'Invite link copied'))) return;
    button.textContent = 'Copied';
    room.after(SAYS_COPIED_MS, () => {
      button.textContent = 'Copy link';
    });
  });
}
