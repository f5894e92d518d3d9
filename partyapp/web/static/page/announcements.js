/** Notices of what the other members do. */

import { showNotice, showOffer } from './notices.js';
import { eventText, isolated, playbackText, severalText } from './text.js';

/** Of those who come or go within this time, one notice tells. */
const GATHER_MS = 400;
const GATHERED = { member_joined: 'joined', member_left: 'left' };

/** Announces playback and events for as long as the view is open. */
export function announceChanges(room) {
  const nameOf = (userId) => room.nameOf(userId);
  const gather = gatherer(room);
  let rate = room.party.playback.rate;
  room.on(room.connection, 'playback', ({ detail }) => {
    const rates = [rate, detail.playback?.rate ?? rate];
    rate = rates[1];
    if (!detail.by || detail.by === room.userId) return;
    showNotice(playbackText(detail.action, detail.playback?.position_s, nameOf(detail.by), rates));
  });
  room.on(room.connection, 'welcome', () => {
    rate = room.party.playback.rate;
  });
  room.on(room.connection, 'host_returned', ({ detail }) => {
    showOffer(`${isolated(detail.display_name)}, who was host, is back`, {
      label: 'Make them host again',
      testId: 'give-back',
      run: () => room.api.transfer(room.party.id, detail.user_id),
    });
  });
  room.on(room.connection, 'event', ({ detail }) => {
    const { event } = detail;
    const text = eventText(event, nameOf, room.userId);
    if (text && Object.hasOwn(GATHERED, event.type)) gather(event);
    else showNotice(text);
  });
}

function gatherer(room) {
  const waiting = new Map();
  const tell = () => {
    for (const [type, people] of waiting) showNotice(severalText([...people.values()], GATHERED[type]));
    waiting.clear();
  };
  return (event) => {
    if (waiting.size === 0) room.after(GATHER_MS, tell);
    const userId = event.data?.user_id ?? event.actor_id;
    if (!waiting.has(event.type)) waiting.set(event.type, new Map());
    waiting.get(event.type).set(userId, event.data?.display_name ?? room.nameOf(userId));
  };
}
