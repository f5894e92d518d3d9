/** Over the picture: for whom the party waits and how long still, which film comes next, when the party begins. */

import { BASE_PATH } from './addresses.js';
import { setText } from './dom.js';
import { heldText, leftText } from './evening-text.js';

const REDRAW_MS = 250;
const DATE = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' });
const CLOSE_MS = 3000;

export class Waiting {
  #room;

  constructor(room) {
    this.#room = room;
    room.on(room.part('go-on'), 'click', () => void room.command('play'));
    // A command for the playback ends the countdown, and a pause at the film's end changes nothing else.
    room.on(room.part('not-yet'), 'click', () => void room.command('pause'));
    room.every(REDRAW_MS, () => this.draw());
    this.draw();
  }

  draw() {
    const nowMs = this.#room.connection.partyTimeMs();
    this.#drawHeld(nowMs);
    this.#drawNext(nowMs);
    this.#drawDate(nowMs);
  }

  #drawHeld(nowMs) {
    const { party, userId } = this.#room;
    const held = heldText(party.playback, (id) => this.#room.nameOf(id), userId, nowMs);
    this.#show('held', held !== null);
    // The live region stays in the page and is read when its text changes; the seconds are not.
    setText(this.#room.part('held-for'), held?.who ?? '');
    setText(this.#room.part('held-until'), held?.until ?? '');
    this.#room.part('go-on').hidden = !this.#room.may('playback') || party.playback.held?.reason === 'preparing';
  }

  #drawNext(nowMs) {
    const { next } = this.#room.party.playback;
    this.#show('next-film', Boolean(next));
    if (!next) return setText(this.#room.part('next-title'), '');
    const item = this.#room.connection.queue?.items.find(({ id }) => id === next.item_id);
    setText(this.#room.part('next-title'), `Next: ${item?.video.title ?? 'the next film'}`);
    setText(this.#room.part('next-left'), nowMs === null ? '' : `in ${Math.max(0, Math.ceil((next.at_ms - nowMs) / 1000))} s`);
    for (const name of ['not-yet', 'next-now']) this.#room.part(name).hidden = !this.#room.may('playback');
  }

  #drawDate(nowMs) {
    const { starts_at_ms: startsMs } = this.#room.party;
    const isAhead = this.#room.waitsForDate;
    this.#show('date', isAhead);
    if (!isAhead) return;
    setText(this.#room.part('date-left'), `Begins in ${leftText(startsMs - nowMs)}`);
    setText(this.#room.part('date-when'), DATE.format(new Date(startsMs)));
    this.#room.part('date').dataset.near = startsMs - nowMs < CLOSE_MS ? 'yes' : 'no';
    this.#room.part('calendar').href = calendarPath({ id: this.#room.party.id, invite_code: this.#room.inviteCode });
  }

  #show(name, shown) {
    this.#room.part(name).classList.toggle('is-shown', shown);
  }
}

/** The calendar's file; the code lets a calendar program in, which has no token. */
export function calendarPath({ id, invite_code }) {
  const query = invite_code ? `?${new URLSearchParams({ invite: invite_code })}` : '';
  return `${BASE_PATH}/api/parties/${encodeURIComponent(id)}/calendar.ics${query}`;
}
