/** A date and a time as a `datetime-local` field has them, in the time zone of this device. */

/** An instant, ms, as the field's value. */
export function localDateTime(ms) {
  const at = new Date(ms);
  const two = (number) => String(number).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The field's value as an instant, ms; null for an empty one. */
export function startOf(value) {
  const ms = value ? new Date(value).getTime() : Number.NaN;
  return Number.isFinite(ms) ? ms : null;
}

const HALF = 'Give the whole date: a day and a time, or nothing.';

/** What is wrong with what was typed, as a sentence, or an empty text: half a date has the value of none. */
export function dateFault({ validity }) {
  return validity.badInput ? HALF : '';
}

/** The date that is still to come, ms, on which the party begins by itself or did until it was paused; else null. */
function dateAhead({ starts_at_ms: startsMs, playback }, nowMs) {
  const hasBegun = playback.state === 'playing' && playback.at_ms !== startsMs;
  return startsMs !== null && startsMs > nowMs && !hasBegun ? startsMs : null;
}

/** Whether a date can be set: the party has one that has not come, or was never begun. */
export function mayHaveDate(party, nowMs) {
  if (party.starts_at_ms !== null) return dateAhead(party, nowMs) !== null;
  return party.playback.state === 'stopped';
}

/** What the field shows of the party: nothing where it doesn't begin by itself, also where a pause has put it off. */
export function shownDate(party, nowMs) {
  const ahead = dateAhead(party, nowMs);
  return ahead === null || party.playback.state !== 'playing' ? '' : localDateTime(ahead);
}
