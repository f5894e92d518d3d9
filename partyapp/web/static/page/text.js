/**
 * Texts of the page: times, sync verdicts, errors and events as short plain sentences.
 * Everything here is pure (no DOM, no network), so that it can be tested in Node.
 */

/** A media time in seconds as `m:ss` or `h:mm:ss`; what is not a number reads `0:00`. */
export function formatTime(seconds) {
  const whole = Number.isFinite(seconds) && seconds > 0 ? Math.floor(seconds) : 0;
  const s = String(whole % 60).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${s}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${s}`;
}

/** The same time spelled out, for a screen reader: "1 minute 5 seconds". */
export function spokenTime(seconds) {
  const whole = Number.isFinite(seconds) && seconds > 0 ? Math.floor(seconds) : 0;
  const parts = [
    [Math.floor(whole / 3600), 'hour'],
    [Math.floor((whole % 3600) / 60), 'minute'],
    [whole % 60, 'second'],
  ].filter(([count]) => count > 0);
  if (parts.length === 0) return '0 seconds';
  return parts.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(' ');
}

/**
 * A name as a part of a sentence: set apart, so that letters that run the other way leave the order of the
 * sentence alone. Names of plain Latin letters need nothing.
 */
export function isolated(name) {
  return /[^\u0000-\u02ff]/u.test(name) ? `\u2068${name}\u2069` : name;
}

/** A playback rate: "1×", "1.25×". */
export function formatRate(rate) {
  return `${Math.round(100 * rate) / 100}×`;
}

/** A span in ms. It is rounded up, so that "within" stays true. */
export function formatSpan(ms) {
  const size = Math.abs(ms);
  if (!Number.isFinite(size)) return 'an unknown time';
  const whole = Math.max(1, Math.ceil(size));
  if (whole < 1000) return `${whole} ms`;
  const seconds = Math.ceil(whole / 100) / 10;
  return seconds < 60 ? `${seconds} s` : 'more than a minute';
}

/** Where a network lets no WebSocket through. */
export const POLLING_TEXT =
  'This network blocks live connections, so the party is asked for news each second. All works, a little later.';

/** The largest lead of a command, ms one way. */
const MAX_LEAD_MS = 1200;

/**
 * A member's sync verdict as text.
 *
 * `sync` is the `sync` of a Member (SYNC.md, section 6), or null while there is no report. "Within" is
 * the proven limit: the error and the clock's bound together. `playing` says that the party has been playing
 * for a while, so that who is paused is so by an own pause.
 * Answers `{text, tone}`, tone one of "good", "fair", "poor", "quiet".
 */
export function syncText(sync, online = true, playing = false) {
  if (!online) return { text: 'away', tone: 'quiet' };
  if (playing && sync?.state === 'paused') return { text: 'paused for now', tone: 'fair' };
  if (!sync || !sync.verdict) return { text: 'checking…', tone: 'quiet' };
  const error = Math.abs(Number(sync.drift_ms ?? 0));
  const bound = Number(sync.offset_bound_ms ?? Number.NaN);
  if (sync.state === 'buffering') return { text: 'loading the video…', tone: 'fair' };
  if (sync.verdict === 'in_sync')
    return { text: `in sync · within ${formatSpan(error + bound)}`, tone: 'good' };
  if (sync.verdict === 'likely') {
    return { text: `likely in sync · within ${formatSpan(error + bound)}`, tone: 'fair' };
  }
  if (sync.verdict === 'out_of_sync')
    return { text: `catching up · off by ${formatSpan(error)}`, tone: 'poor' };
  if (Number(sync.rtt_ms) > 2 * MAX_LEAD_MS)
    return { text: 'slow network · the others do not wait', tone: 'poor' };
  return { text: 'checking…', tone: 'quiet' };
}

/**
 * The local follower's own measurement `{errorMs, boundMs, verdict}` as the same text.
 * A player that shows no picture is not in sync, whatever its clock; `picture` is "shown",
 * "loading", "blocked" (the browser waits for a click), "detached" (paused for this member alone) or "broken".
 */
export function skewText(skew, picture = 'shown') {
  if (picture === 'broken') return { text: 'no picture', tone: 'poor' };
  if (picture === 'detached') return { text: 'paused for you alone', tone: 'fair' };
  if (picture === 'blocked') return { text: 'waiting for your click', tone: 'fair' };
  if (picture === 'loading') return { text: 'loading the video…', tone: 'fair' };
  if (!skew) return syncText(null);
  return syncText({ verdict: skew.verdict, drift_ms: skew.errorMs ?? 0, offset_bound_ms: skew.boundMs });
}

/** The connection's state as text; `wasOpen` is false for a first connection, true for a lost one. */
export function connectionText(state, wasOpen) {
  if (state === 'open') return 'Connected';
  if (state === 'polling') return 'Connected without live updates';
  if (state === 'closed') return 'Not connected';
  return wasOpen ? 'Reconnecting…' : 'Connecting…';
}

/** Whether a member has a right. A server of the version before knows no rights, but who controls. */
export function hasGrant(party, userId, grant) {
  if (party.host_id === userId) return true;
  const grants = party.members?.find((member) => member.user_id === userId)?.grants;
  return grants ? grants.includes(grant) : grant === 'playback' && party.control === 'everyone';
}

/**
 * Why this user can't control the playback now, as a sentence; null when they can.
 * `connection` is "open" or any other state.
 */
export function controlReason(party, userId, connection, wasOpen) {
  if (party.state === 'ended') return 'The party is over.';
  const host = party.members?.find((member) => member.user_id === party.host_id);
  if (!hasGrant(party, userId, 'playback')) {
    if (party.control === 'everyone') return 'The host has not given you the right to play, pause and seek.';
    return `Only the host${host ? `, ${isolated(host.display_name)},` : ''} can play, pause and seek.`;
  }
  if (connection !== 'open' && connection !== 'polling') {
    return wasOpen
      ? 'Reconnecting… The video plays on, and the controls come back by themselves.'
      : 'Connecting…';
  }
  return null;
}

const KNOWN_PROBLEMS = {
  not_found: ["We can't find this party", 'This party does not exist, or the invite link is not complete.'],
  invalid_invite: [
    'This invite link does not fit',
    'Ask for the link again: a part of it is wrong or missing.',
  ],
  party_full: ['This party is full', 'Nobody else can join until somebody leaves.'],
  party_ended: ['The party is over', 'It has ended, so there is nothing to join any more.'],
  banned: ['You can’t join this party', 'Somebody who looks after it has taken you out for good.'],
  muted: ['You can’t write for now', 'Somebody who looks after this party has muted you.'],
  chat_disabled: ['The chat is off', 'The host has turned the chat of this party off.'],
  host_cannot_be_removed: ['The host stays', 'Who is host can’t be taken out of the party.'],
  queue_full: ['The list of next films is full', 'It takes 200. Take one out first.'],
  queue_empty: ['No film comes next', 'Add one to the next films first.'],
  not_a_member: ['You are not in this party', 'Join it again with its invite link.'],
  video_not_ready: [
    'This video is not ready yet',
    'It is still being prepared. Pick another one, or try again later.',
  ],
  unauthenticated: ['You are not signed in any more', 'Tell us your name again to go on.'],
};

/**
 * What went wrong, as `{title, detail}`.
 *
 * Takes a ProblemError (RFC 9457: code, title, detail, errors) or any other error. Only the code `network_error`
 * is a failure of the network; an error without a code is a fault in this page, and is worded so.
 */
export function errorText(error) {
  const code = error?.code;
  if (typeof code === 'string' && Object.hasOwn(KNOWN_PROBLEMS, code)) {
    const [title, detail] = KNOWN_PROBLEMS[code];
    return { title, detail };
  }
  if (code === 'validation_failed' && error.errors && typeof error.errors === 'object') {
    const whys = Object.values(error.errors)
      .flat(3)
      .filter((why) => typeof why === 'string');
    return { title: error.title || 'Something is missing', detail: whys.join(' ') || error.detail || '' };
  }
  if (code === 'rate_limited')
    return { title: 'A little too fast', detail: 'Wait a moment, then try again.' };
  if (code === 'unavailable') {
    return { title: 'The server is busy or restarting', detail: 'Nothing is lost. Try again in a moment.' };
  }
  if (code === 'network_error') {
    return { title: "The server can't be reached", detail: 'Check your connection, then try again.' };
  }
  const isProblem = typeof code === 'string' && code !== 'client_error';
  if (isProblem) return { title: error.title || 'That did not work', detail: error.detail || '' };
  const why = error?.message ? ` (${error.message})` : '';
  return { title: 'Something went wrong in this page', detail: `Reload it to try again.${why}` };
}

/** Both parts of `errorText` as one line. */
export function errorLine(error) {
  const { title, detail } = errorText(error);
  return detail ? `${title}. ${detail}` : `${title}.`;
}

/**
 * A playback change as a sentence, e.g. "Ada paused". Null when there is nothing to tell. `rates` are the playback
 * rate before and now. `announced`: the next film was to begin by itself, which a pause puts off.
 */
export function playbackText(action, positionS, who, rates = [1, 1], announced = false) {
  const name = isolated(who);
  if (rates[0] !== rates[1]) return `${name} set the speed to ${formatRate(rates[1])}`;
  if (action === 'play') return `${name} pressed play`;
  if (action === 'pause') return announced ? `${name} put off the next film` : `${name} paused`;
  if (action === 'seek') return `${name} went to ${formatTime(positionS)}`;
  return null;
}

/**
 * A party event as a sentence, or null when it is not announced or is this user's own joining and leaving.
 * `nameOf` gives the display name for a user id; `userId` is the one who reads it.
 */
export function eventText(event, nameOf, userId) {
  const data = event.data ?? {};
  const about = data.to_user_id ?? data.user_id ?? event.actor_id;
  const name = isolated(data.display_name ?? data.to_display_name ?? nameOf(about));
  switch (event.type) {
    case 'member_joined':
      return about === userId ? null : `${name} joined`;
    case 'member_left':
      return about === userId ? null : `${name} left`;
    case 'member_renamed':
      return about === userId ? null : `${isolated(data.former_name)} is called ${name} now`;
    case 'host_transferred':
      return about === userId ? 'You are the host now' : `${name} is the host now`;
    case 'member_removed':
      // Who was taken out is told so by the page that they see then.
      return about === userId ? null : `${name} was taken out of the party`;
    case 'member_grants_changed':
      return about === userId ? 'The host changed what you may do here' : null;
    case 'playback_resumed':
      return data.late?.includes(userId) ? 'The others go on. Your video catches up alone.' : null;
    case 'video_changed':
      return event.actor_id && event.actor_id !== userId
        ? `${isolated(nameOf(event.actor_id))} changed the film to “${data.video?.title}”`
        : `Now: “${data.video?.title}”`;
    case 'playback_finished':
      return 'The video has come to its end';
    default:
      return null;
  }
}

/** What several people did, as one sentence: "Ada joined", "Ada, Ben and 10 others joined". */
export function severalText(people, did) {
  const names = people.map(isolated);
  if (names.length <= 2) return `${names.join(' and ')} ${did}`;
  const others = names.length - 2;
  return `${names[0]}, ${names[1]} and ${others} ${others === 1 ? 'other' : 'others'} ${did}`;
}

/** The facts of a party in a list: what it shows, how many people and who of them is there, whose it is. */
export function partyFacts(party, userId) {
  const { member_count: count = 0, online_count: online } = party;
  const facts = [
    party.title && party.title !== party.video.title ? party.video.title : null,
    `${count} ${count === 1 ? 'person' : 'people'}`,
    // Who joined days ago is a member still; whether anybody is there is what makes one go in.
    online === undefined ? null : `${online || 'nobody'} here now`,
    party.visibility === 'public' ? 'public' : 'private',
    party.host_id === userId ? 'you are the host' : null,
  ];
  return facts.filter(Boolean).join(' · ');
}

/**
 * What an invite is to, as rows `[label, value]`; a preview is `{title, host_name, video_title,
 * online_count, member_count}`.
 */
export function inviteFacts(preview) {
  const { online_count: online = 0 } = preview;
  const here = online === 0 ? 'Nobody yet' : `${online} ${online === 1 ? 'person' : 'people'}`;
  const rows = [
    ['Host', preview.host_name],
    // A party without a title of its own has the film's, which is the heading.
    ['Film', preview.title && preview.title !== preview.video_title ? preview.video_title : null],
    ['Here now', here],
  ];
  return rows.filter(([, value]) => value);
}

/** Up to two initials of a name, for its badge. */
export function initials(name) {
  const words = String(name ?? '')
    .trim()
    .split(/\s+/u)
    .filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return letters.map((word) => [...word][0].toLocaleUpperCase()).join('') || '?';
}

/** A hue in 0–359 that stays the same for an id (FNV-1a, which spreads ids that differ in one letter). */
export function hueOf(id) {
  let hash = 0x811c9dc5;
  for (const letter of String(id)) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193) >>> 0;
  return hash % 360;
}
