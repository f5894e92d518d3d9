/** Texts of what a party does together: talk, waits, rights, invitations, dates. Pure, so that it can be tested in Node. */

import { errorLine, formatTime, isolated } from './text.js';

/** The rights of a member, as a host gives them. */
export const GRANT_TEXTS = {
  playback: 'Play, pause, seek, change the film',
  queue: 'Add and order the next films',
  invite: 'Invite others',
  moderate: 'Look after the party: remove people, delete messages, mute',
  chat: 'Write in the chat',
};

const CHAT_REFUSALS = {
  muted: 'You can’t write for now: you were muted by somebody who looks after this party.',
  chat_disabled: 'The chat of this party is off.',
  forbidden: 'You don’t have the right to write here. The host can give it to you.',
  rate_limited: 'That was a little fast. Wait a moment, then send it again.',
  validation_failed: 'A message has 1 to 500 characters.',
};

/** What the party tells who is muted until `untilMs` (party time), or is not any more. */
export function mutedText(untilMs, nowMs) {
  const isMuted = untilMs !== null && (nowMs === null || untilMs > nowMs);
  return isMuted ? CHAT_REFUSALS.muted : 'You can write in the chat again.';
}

/** Why something was not said, as a sentence. */
export function chatRefusal(error) {
  return CHAT_REFUSALS[error?.code] ?? errorLine(error);
}

/** Why this member may not write now, as a sentence; empty where they may. Times are party time, ms; `nowMs` may be null. */
export function writeReason({ chat_enabled }, mayChat, mutedUntilMs, nowMs) {
  if (!chat_enabled) return CHAT_REFUSALS.chat_disabled;
  if (!mayChat) return CHAT_REFUSALS.forbidden;
  if (mutedUntilMs === null || (nowMs !== null && mutedUntilMs <= nowMs)) return '';
  return nowMs === null ? CHAT_REFUSALS.muted : `${CHAT_REFUSALS.muted} It ends in ${leftText(mutedUntilMs - nowMs)}.`;
}

/** How much was not read: empty for nothing. */
export function unreadText(count) {
  return count > 0 ? (count > 99 ? '99+' : String(count)) : '';
}

/** Names as a part of a sentence: "Ada", "Ada and Ben", "Ada, Ben and 2 others". */
export function namesText(names) {
  const known = names.map(isolated);
  if (known.length <= 2) return known.join(' and ');
  const others = known.length - 2;
  return `${known[0]}, ${known[1]} and ${others} ${others === 1 ? 'other' : 'others'}`;
}

/**
 * For whom a held party waits, `who`, and how long still, `until`; null where it is not held. `nowMs` is party time, or
 * null.
 */
export function heldText({ held }, nameOf, userId, nowMs) {
  if (!held) return null;
  const leftS = nowMs === null ? null : Math.max(0, Math.ceil((held.until_ms - nowMs) / 1000));
  return { who: heldFor(held, nameOf, userId), until: leftS === null ? '' : `Goes on in ${leftS} s at the latest` };
}

function heldFor({ reason, for: waitedFor }, nameOf, userId) {
  if (reason === 'preparing') return 'The film is still being prepared from here on';
  const others = waitedFor.filter((id) => id !== userId).map(nameOf);
  if (!waitedFor.includes(userId)) return `Waiting for ${namesText(others)}, whose video is loading`;
  if (others.length > 0) return `Waiting for you and ${namesText(others)}`;
  return 'The others wait for you: your video is loading';
}

/** A time that is left, in words that get finer as it comes near. */
export function leftText(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (hours < 48) return `${hours} h ${minutes} min`;
  return `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

/** What an invitation still opens and who came by it, as `{text, isOpen}`. `nowMs` is the wall clock. */
export function inviteState({ revoked_at_ms, expires_at_ms, max_uses, uses, used_by = [] }, nowMs) {
  const names = used_by.map(({ display_name: name }) => isolated(name)).join(', ');
  const more = uses > used_by.length && used_by.length > 0 ? ` and ${uses - used_by.length} more` : '';
  const who = names ? `: ${names}${more}` : '';
  const used = `${max_uses === null ? uses : `${uses} of ${max_uses}`} came by it${who}`;
  if (revoked_at_ms !== null) return { text: `taken back · ${used}`, isOpen: false };
  if (expires_at_ms !== null && expires_at_ms <= nowMs) return { text: `expired · ${used}`, isOpen: false };
  if (max_uses !== null && uses >= max_uses) return { text: `used up · ${used}`, isOpen: false };
  const until = expires_at_ms === null ? 'no end' : `ends in ${leftText(expires_at_ms - nowMs)}`;
  return { text: `${used} · ${until}`, isOpen: true };
}

const CHANGED = {
  title: 'the title',
  visibility: 'who can join',
  control: 'who controls',
  max_members: 'how many can join',
  default_grants: 'what all may do',
  wait: 'for whom the party waits',
  chat_enabled: 'the chat',
  queue_mode: 'the order of the next films',
  next_after_s: 'when the next film begins',
  starts_at_ms: 'the date',
};

const RESUMED = { ready: 'everybody was ready', left: 'nobody was left to wait for', limit: 'the wait was long enough' };

/** An event of the party's log as a sentence. `announced`: the next film was to begin by itself when it happened. */
export function historyText({ type, actor_id: actorId, data = {} }, nameOf, announced = false) {
  const actor = actorId === null ? 'The party' : isolated(nameOf(actorId));
  const about = isolated(data.display_name ?? data.to_display_name ?? nameOf(data.to_user_id ?? data.user_id ?? actorId));
  const texts = {
    party_session_created: () => `${actor} started the party`,
    member_joined: () => `${about} joined`,
    member_left: () => `${about} left`,
    member_removed: () => `${actor} took ${about} out${data.banned ? ' for good' : ''}`,
    member_banned: () => `${actor} won't let ${about} in again`,
    member_unbanned: () => `${actor} lets ${about} in again`,
    member_renamed: () => `${isolated(data.former_name ?? '')} is called ${about} now`,
    member_grants_changed: () => `${actor} changed what ${about} may do`,
    host_transferred: () => `${about} became the host`,
    playback_started: () => `${actor} pressed play at ${formatTime(data.position_s)}`,
    playback_paused: () => (announced ? `${actor} put off the next film` : `${actor} paused at ${formatTime(data.position_s)}`),
    playback_sought: () => `${actor} went to ${formatTime(data.position_s)}`,
    playback_finished: () => 'The film came to its end',
    playback_held: () => (data.reason === 'preparing'
      ? 'The film waited to be prepared'
      : `The party waited for ${namesText((data.for ?? []).map(nameOf))}`),
    playback_resumed: () => `The party went on: ${RESUMED[data.reason] ?? 'the wait was over'}`,
    video_changed: () => `${actor} changed the film to “${data.video?.title ?? ''}”`,
    video_duration_known: () => `The film is ${formatTime(data.duration_s)} long`,
    party_session_changed: () => `${actor} changed ${listOf(data.changes)}`,
    invite_code_changed: () => `${actor} made a new invite link`,
    party_session_ended: () => 'The party ended',
  };
  return texts[type]?.() ?? null;
}

/** Whether the next film is to begin by itself after this event, as `announced` says whether it was before. */
export function announcedAfter({ type, data = {} }, announced) {
  if (type === 'playback_finished') return Boolean(data.next);
  return announced && !type.startsWith('playback_') && type !== 'video_changed';
}

function listOf(changes = {}) {
  return Object.keys(changes).map((name) => CHANGED[name] ?? name).join(', ');
}
