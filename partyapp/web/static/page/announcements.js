/** Notices of what the other members do. */

import { partyPath } from './addresses.js';
import { mutedText } from './evening-text.js';
import { isToldElsewhere, notificationText } from './notification-text.js';
import { showNews, showNotice, showOffer } from './notices.js';
import { eventText, isolated, playbackText, severalText } from './text.js';

/** Of those who come or go within this time, one notice tells. */
const GATHER_MS = 400;
const GATHERED = { member_joined: 'joined', member_left: 'left' };

/**
 * Whether news of this event stays for a moment whatever follows: who is host now, which is told just before the host's
 * leaving that brought it, and what this person may do.
 */
export function stays({ type, data }, userId) {
  return type === 'host_transferred' || (type === 'member_grants_changed' && data?.user_id === userId);
}

/** Announces playback and events for as long as the view is open. */
export function announceChanges(room, context) {
  const nameOf = (userId) => room.nameOf(userId);
  const gather = gatherer(room);
  let before = room.party.playback;
  room.on(room.connection, 'playback', ({ detail }) => {
    const [former, now] = [before, detail.playback ?? before];
    before = now;
    if (!detail.by || detail.by === room.userId) return;
    const announced = Boolean(former.next);
    showNews(playbackText(detail.action, now.position_s, nameOf(detail.by), [former.rate, now.rate], announced));
  });
  room.on(room.connection, 'welcome', () => {
    before = room.party.playback;
  });
  room.on(room.connection, 'host_returned', ({ detail }) => {
    showOffer(`${isolated(detail.display_name)}, who was host, is back`, {
      label: 'Make them host again',
      testId: 'give-back',
      run: () => room.api.transfer(room.party.id, detail.user_id),
    }, { signal: room.signal });
  });
  // Beside the chat's field it says so too, which is folded on a phone, and isn't read out.
  room.on(room.connection, 'muted', ({ detail }) => showNotice(mutedText(detail.untilMs, room.connection.partyTimeMs())));
  room.on(room.connection, 'notification', ({ detail }) => announceNews(detail.notification, room, context));
  room.on(room.connection, 'event', ({ detail }) => {
    const { event } = detail;
    before = room.party.playback;
    const text = eventText(event, nameOf, room.userId);
    if (text && Object.hasOwn(GATHERED, event.type)) gather(event);
    else if (stays(event, room.userId)) showNotice(text);
    else showNews(text);
  });
}

/** What is new in this person's other parties, or is no event of this one; shown with a way there. */
function announceNews(notification, room, context) {
  if (isToldElsewhere(notification, room.party.id)) return;
  const text = notificationText(notification, room.nowMs);
  const partyId = notification.party_id;
  // A frame of another site stays with the party that the site has put there.
  if (!text || context.frame || partyId === room.party.id) showNews(text);
  else showOffer(text, { label: 'Go there', testId: 'go-to-party', run: async () => context.go(partyPath({ id: partyId })) });
}

/** Takes events of people coming and going and, a little later, tells of each kind once: `show(text)`. */
export function gatherer(room, show = showNews) {
  // By person, in the order of what they did last: who came back within the time didn't leave.
  const waiting = new Map();
  const tell = () => {
    const byType = new Map();
    for (const { type, name } of waiting.values()) {
      const names = byType.get(type) ?? [];
      // Set anew, so that the kind of change which happened last is told last, and stays.
      byType.delete(type);
      byType.set(type, [...names, name]);
    }
    for (const [type, names] of byType) show(severalText(names, GATHERED[type]));
    waiting.clear();
  };
  return (event) => {
    if (waiting.size === 0) room.after(GATHER_MS, tell);
    const userId = event.data?.user_id ?? event.actor_id;
    waiting.delete(userId);
    waiting.set(userId, { type: event.type, name: event.data?.display_name ?? room.nameOf(userId) });
  };
}
