/** The invite link: shown, and copied at a press. */

import { inviteLink, publicUrl, syncplayPort, toldPublicUrl } from './addresses.js';
import { copyLink } from './clipboard.js';

const SAYS_COPIED_MS = 2500;
/** So many read the party at once; a larger one's reads are spread over so long for each member, ms. */
const AT_ONCE = 100;
const EACH_MS = 3;
/** The party is read again after so long, where it could not be. */
const READ_AGAIN_MS = 3000;

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
    field.value = inviteLink({ ...room.party, invite_code: room.inviteCode }, url);
    room.part('syncplay-room').textContent = room.inviteCode ?? '';
  };
  const port = syncplayPort(document.head);
  room.part('syncplay').hidden = port === null;
  room.part('syncplay-server').textContent = `${new URL(url).hostname}:${port ?? ''}`;
  draw();
  keepInviteCode(room, draw);
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

/**
 * Calls `changed` once `room.inviteCode` is another one. A welcome brings it; an event says that it was made anew and not
 * what it is, so the party is read then: the link before it opens nothing any more, wherever it is shown.
 */
export function keepInviteCode(room, changed) {
  let since = 0;
  const keep = (code) => {
    room.newCode = code;
    changed();
  };
  const read = async () => {
    const party = await room.api.party(room.party.id).catch(() => null);
    if (room.signal.aborted) return;
    // A reconnect brings it too, but nothing says that there will be one.
    if (!party || party.revision < since) room.after(READ_AGAIN_MS, () => void read());
    else keep(party.invite_code ?? null);
  };
  room.onInviteCode = keep;
  room.on(room.connection, 'welcome', () => keep(null));
  room.on(room.connection, 'event', ({ detail: { event, replayed } }) => {
    // What was missed is in the welcome already.
    if (event.type !== 'invite_code_changed' || replayed) return;
    since = event.revision;
    const { member_count: members = 0 } = room.party;
    if (members <= AT_ONCE) void read();
    else room.after(Math.random() * members * EACH_MS, () => void read());
  });
}
