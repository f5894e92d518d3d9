/** Texts of what is news to a person, in whichever of their parties. Pure, so that it can be tested in Node. */

import { isolated } from './text.js';

/** The room of the party that it is about shows these as they happen. */
const TOLD_IN_ROOM = new Set(['member_joined', 'member_left', 'host_transferred', 'party_session_ended']);

/** Whether the view of the party `partyId` tells of it anyway. */
export function isToldElsewhere({ type, party_id: about }, partyId) {
  return about === partyId && TOLD_IN_ROOM.has(type);
}

/** A notification as a sentence; null for a type that nothing here knows. `nowMs` is the wall clock. */
export function notificationText({ type, data }, nowMs) {
  const who = isolated(data.who?.display_name ?? 'Somebody');
  const title = `“${isolated(data.party_title ?? 'a party')}”`;
  switch (type) {
    case 'party_invitation':
      return `${who} invites you to ${title}`;
    case 'party_starting':
      return `${title} ${beginsText(data.starts_at_ms - nowMs)}`;
    case 'host_transferred':
      return `${title} has another host`;
    case 'member_joined':
      return `${who} joined ${title}`;
    case 'member_left':
      return `${who} left ${title}`;
    case 'party_session_ended':
      return `${title} has ended`;
    default:
      return null;
  }
}

function beginsText(leftMs) {
  const minutes = Math.round(leftMs / 60_000);
  if (!(minutes > 0)) return 'begins now';
  return minutes === 1 ? 'begins in a minute' : `begins in ${minutes} minutes`;
}
