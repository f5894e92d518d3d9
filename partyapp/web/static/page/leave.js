/** Leaving and ending the party, and the cards for a party or a connection that is closed. */

import { HOME } from './addresses.js';
import { showCard } from './cards.js';
import { whileBusy } from './dom.js';
import { showNotice, showAlert } from './notices.js';
import { errorText } from './text.js';

/** A second sign-in within this time is a loop, not a token that ran out. */
const RENEWAL_PAUSE_MS = 60000;
let lastRenewalMs = -Infinity;

/** Wires "Leave" and "End party". */
export function listenToLeave(room, context) {
  const leave = room.part('leave');
  const leaveNow = () => void whileBusy(leave, () => leaveParty(room, context), showAlert);
  const askToLeave = asking(room, 'leave-dialog', 'cancel-leave', { leave: leaveNow });
  // The last one to leave ends the party, which is said first.
  room.on(leave, 'click', () => (room.isAlone ? askToLeave() : leaveNow()));
  const end = room.part('end');
  const endNow = () => void whileBusy(end, () => room.api.end(room.party.id), showAlert);
  room.on(end, 'click', asking(room, 'end-dialog', 'cancel-end', { end: endNow }));
}

/** What opens a dialog and does what its answer stands for. Enter gives the harmless answer. */
function asking(room, dialogName, harmlessName, acts) {
  const dialog = room.part(dialogName);
  room.on(dialog, 'close', () => {
    const answer = dialog.returnValue;
    dialog.returnValue = '';
    acts[answer]?.();
  });
  return () => {
    dialog.showModal();
    room.part(harmlessName).focus();
  };
}

async function leaveParty(room, context) {
  room.leaving = true;
  try {
    await leaveById(context.session.api, room.party.id);
  } catch (error) {
    room.leaving = false;
    throw error;
  }
  context.go(HOME);
  showNotice('You left the party');
}

async function leaveById(api, partyId) {
  try {
    await api.leave(partyId);
  } catch (error) {
    // A user who is no member any more, or whose party is over, has left already.
    if (!['not_a_member', 'not_found', 'party_ended'].includes(error?.code)) throw error;
  }
}

/** What can be done about a party that is over: go on, and take it out of one's list. */
export function endedActions(context, partyId) {
  const leave = async () => {
    await leaveById(context.session.api, partyId);
    context.go(HOME);
    showNotice('You left the party');
  };
  return [
    home(),
    { label: 'Leave it', testId: 'leave-ended', run: (button) => void whileBusy(button, leave, showAlert) },
  ];
}

const CARDS = {
  ended: {
    title: 'The party is over',
    text: 'Thank you for watching together.',
    actions: endedActions,
  },
  replaced: {
    title: 'This party is open in another tab',
    text: "Only one tab plays it at a time, so that you don't hear it twice.",
    actions: ({ reopen }) => [{ label: 'Use this tab', testId: 'use-this-tab', run: reopen }, home()],
  },
  removed: {
    title: 'You are not in this party any more',
    text: 'You left it in another window, or were taken out of it.',
    actions: ({ reopen }) => [{ label: 'Join again', testId: 'join-again', run: reopen }, home()],
  },
  takenOut: {
    title: 'You were taken out of this party',
    text: 'Somebody who looks after it has done that. You may come back by a link that opens it.',
    actions: ({ reopen }) => [{ label: 'Join again', testId: 'join-again', run: reopen }, home()],
  },
  banned: {
    title: 'You were taken out of this party',
    text: 'Somebody who looks after it has done that, and you can’t come back unless they let you in again.',
    actions: () => [home()],
  },
};

const home = () => ({ label: 'To the start page', testId: 'home', href: HOME });

/**
 * Shows why the connection is closed for good. `reason` is "ended", "replaced", "removed" or "refused";
 * `problem` is the last error, for the latter.
 */
export async function showClosed(room, context, reason, problem) {
  if (room.leaving || !context.isCurrent()) return;
  room.close();
  if (reason === 'refused' && problem?.status === 401) {
    const user = await signedInAgain(context.session);
    if (!context.isCurrent()) return;
    // Opened anew it asks who is here, where the session was ended on another device.
    if (user || context.session.signedOut) {
      context.reopen();
      return;
    }
  }
  const known = CARDS[reason === 'removed' ? (room.takenOut ?? reason) : reason];
  const { title, detail } = errorText(problem);
  showCard(context.root, {
    kind: reason,
    title: known?.title ?? title,
    text: known?.text ?? detail,
    actions: known?.actions(context, room.party.id) ?? [
      { label: 'Try again', testId: 'try-again', run: context.reopen },
      home(),
    ],
  });
}

async function signedInAgain(session) {
  if (performance.now() - lastRenewalMs < RENEWAL_PAUSE_MS) return false;
  lastRenewalMs = performance.now();
  return session.renew().catch(() => null);
}
