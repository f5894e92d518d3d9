/** Leaving and ending the party, and the cards for a party or a connection that is closed. */

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
  room.on(leave, 'click', () => void whileBusy(leave, () => leaveParty(room, context), showAlert));
  const end = room.part('end');
  const dialog = room.part('end-dialog');
  room.on(end, 'click', () => {
    dialog.showModal();
    // Enter gives the harmless answer.
    room.part('cancel-end').focus();
  });
  room.on(dialog, 'close', () => {
    if (dialog.returnValue !== 'end') return;
    dialog.returnValue = '';
    void whileBusy(end, () => room.api.end(room.party.id), showAlert);
  });
}

async function leaveParty(room, context) {
  room.leaving = true;
  try {
    await room.api.leave(room.party.id);
  } catch (error) {
    // A user who is no member any more, or whose party is over, has left already.
    if (!['not_a_member', 'not_found', 'party_ended'].includes(error?.code)) {
      room.leaving = false;
      throw error;
    }
  }
  context.go('/');
  showNotice('You left the party');
}

const CARDS = {
  ended: {
    title: 'The party is over',
    text: 'Thank you for watching together.',
    actions: () => [{ label: 'Start another party', testId: 'home', href: '/' }],
  },
  replaced: {
    title: 'This party is open in another tab',
    text: "Only one tab plays it at a time, so that you don't hear it twice.",
    actions: (reopen) => [{ label: 'Use this tab', testId: 'use-this-tab', run: reopen }, home()],
  },
  removed: {
    title: 'You are not in this party any more',
    text: 'You left it in another window, or were taken out of it.',
    actions: (reopen) => [{ label: 'Join again', testId: 'join-again', run: reopen }, home()],
  },
};

const home = () => ({ label: 'To the start page', testId: 'home', href: '/' });

/**
 * Shows why the connection is closed for good. `reason` is "ended", "replaced", "removed" or "refused";
 * `problem` is the last error, for the latter.
 */
export async function showClosed(room, context, reason, problem) {
  if (room.leaving || !context.isCurrent()) return;
  room.close();
  if (reason === 'refused' && problem?.status === 401 && (await signedInAgain(context.session))) {
    context.reopen();
    return;
  }
  const known = CARDS[reason];
  const { title, detail } = errorText(problem);
  showCard(context.root, {
    kind: reason,
    title: known?.title ?? title,
    text: known?.text ?? detail,
    actions: known?.actions(context.reopen) ?? [
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
