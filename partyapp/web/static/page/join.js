/** The invite link: sign in, join, and open the party. */

import { showCard } from './cards.js';
import { askName } from './name-form.js';
import { openParty } from './party-view.js';
import { errorText } from './text.js';

/**
 * Joins the party and opens its view.
 *
 * A token already in the browser wins over the name in the address; with neither, the page asks.
 */
export async function openInvite(context, { partyId, inviteCode, name }, keep) {
  const { session, root } = context;
  try {
    if (!(await session.restore()) && name) await signInOrAsk(context, name);
    if (!session.user) await signInOrAsk(context, null);
    if (!context.isCurrent()) return;
    const { party } = await joinSignedIn(session, partyId, inviteCode);
    if (context.isCurrent()) showParty(context, party, keep);
  } catch (error) {
    if (context.isCurrent()) refuseEntry(root, error, context);
  }
}

/** Opens the view of a party that this user is a member of, under its shareable address. */
export function showParty(context, party, keep, isNew = false) {
  context.goToParty(party, !isNew);
  keep(openParty(context, party));
}

/** Joins; a token that expired a moment ago is replaced once. */
async function joinSignedIn(session, partyId, inviteCode) {
  try {
    return await session.api.join(partyId, inviteCode ?? undefined);
  } catch (error) {
    if (error?.status !== 401 || !(await session.renew())) throw error;
    return session.api.join(partyId, inviteCode ?? undefined);
  }
}

/** A name in the address that the server refuses is asked for by the form. */
async function signInOrAsk({ root, session }, name) {
  if (name) {
    try {
      return await session.signIn(name);
    } catch (error) {
      if (error?.status !== 422) throw error;
    }
  }
  return askName(root, {
    heading: 'You are invited',
    lead: 'Watch a video together: the same picture at the same moment, wherever you are.',
    label: 'Join the party',
    testId: 'join',
    lastName: name || session.lastName,
    submit: (given) => session.signIn(given),
  });
}

function refuseEntry(root, error, context) {
  const { title, detail } = errorText(error);
  const mayPass = !error?.status || error.status >= 429 || error.code === 'party_full';
  const home = { label: 'Start a party of your own', testId: 'home', href: '/' };
  const again = { label: 'Try again', testId: 'try-again', run: context.reopen };
  const kind = error?.code === 'party_ended' ? 'ended' : 'refused';
  showCard(root, { kind, title, text: detail, actions: mayPass ? [again, home] : [home] });
}
