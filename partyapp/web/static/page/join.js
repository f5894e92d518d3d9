/** The invite link: sign in, join, and open the party. */

import { ProblemError } from '../party-client/index.js';
import { HOME, partyPath } from './addresses.js';
import { showCard } from './cards.js';
import { endedActions } from './leave.js';
import { accountOffer } from './login.js';
import { askName, SIGNED_OUT } from './name-form.js';
import { openParty } from './party-view.js';
import { errorText, inviteFacts } from './text.js';

/**
 * Joins the party and opens its view.
 *
 * A token from the site around the page comes first; one already in the browser wins over the name in the address; with neither, the page asks, and says first
 * to what. A party that is over, or that the link doesn't open, asks for nothing.
 */
export async function openInvite(context, { partyId, inviteCode, name, token = null }, keep) {
  const { session, root } = context;
  try {
    if (!(await (token ? session.take(token) : session.restore()))) {
      const preview = await previewOf(session.api, partyId, inviteCode);
      if (!context.isCurrent()) return;
      const path = partyPath({ id: partyId, invite_code: inviteCode });
      await signInOrAsk(context, { name, preview, path });
    }
    if (!context.isCurrent()) return;
    const { party } = await joinSignedIn(session, partyId, inviteCode);
    if (context.isCurrent()) showParty(context, party, keep);
  } catch (error) {
    if (!context.isCurrent()) return;
    if (error instanceof SignedOutElsewhere) context.reopen();
    else {
      context.frame?.refused(error);
      refuseEntry(root, error, context, partyId);
    }
  }
}

/** What the invite is to. Throws where nobody can enter; null while the server can't say it. */
async function previewOf(api, partyId, inviteCode) {
  try {
    const preview = await api.preview(partyId, inviteCode);
    if (preview.state === 'ended') throw new ProblemError({ status: 409, code: 'party_ended', title: 'Ended' });
    return preview;
  } catch (error) {
    if (['not_found', 'party_ended'].includes(error?.code)) throw error;
    return null;
  }
}

/** Opens the view of a party that this user is a member of, under its shareable address. */
export function showParty(context, party, keep, isNew = false) {
  context.goToParty(party, !isNew);
  keep(openParty(context, party));
}

/** The session ended on another device meanwhile: the page asks who is here now. */
class SignedOutElsewhere extends Error {}

/** Joins; a token that expired a moment ago is replaced once. */
async function joinSignedIn(session, partyId, inviteCode) {
  try {
    return await session.api.join(partyId, inviteCode ?? undefined);
  } catch (error) {
    if (error?.status !== 401) throw error;
    const user = await session.renew();
    if (!user && session.signedOut) throw new SignedOutElsewhere();
    if (!user) throw error;
    return session.api.join(partyId, inviteCode ?? undefined);
  }
}

/** A name in the address that the server refuses is asked for by the form. */
async function signInOrAsk(context, { name, preview, path }) {
  const { root, session } = context;
  if (name && session.takesGuests && !session.signedOut) {
    try {
      return await session.signIn(name);
    } catch (error) {
      if (error?.status !== 422) throw error;
    }
  }
  return askName(root, {
    heading: preview?.title || preview?.video_title || 'You are invited',
    lead: 'Watch together: the same picture at the same moment, wherever you are.',
    haveCode: true,
    account: accountOffer(context, path),
    ...(session.signedOut ? SIGNED_OUT : {}),
    facts: preview ? inviteFacts(preview) : [],
    label: 'Join the party',
    testId: 'join',
    lastName: name || session.lastName,
    submit: (given) => session.signIn(given),
  });
}

function refuseEntry(root, error, context, partyId) {
  const { title, detail } = errorText(error);
  const mayPass = !error?.status || error.status >= 429 || error.code === 'party_full';
  const home = { label: 'Start a party of your own', testId: 'home', href: HOME };
  const again = { label: 'Try again', testId: 'try-again', run: context.reopen };
  const ended = error?.code === 'party_ended';
  let actions = mayPass ? [again, home] : [home];
  if (ended && context.session.user) actions = endedActions(context, partyId);
  showCard(root, { kind: ended ? 'ended' : 'refused', title, text: detail, actions });
}
