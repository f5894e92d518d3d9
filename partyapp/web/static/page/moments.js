/** When something was, in the time zone of this device. Pure, so that it can be tested in Node. */

const TO_THE_MINUTE = { hour: '2-digit', minute: '2-digit' };
const TO_THE_SECOND = { ...TO_THE_MINUTE, second: '2-digit' };
const DAY = { day: 'numeric', month: 'short' };
const formats = new Map([TO_THE_MINUTE, TO_THE_SECOND].map((clock) => [clock, {
  clock: new Intl.DateTimeFormat(undefined, clock),
  dated: new Intl.DateTimeFormat(undefined, { ...DAY, ...clock }),
}]));

/**
 * An instant, ms, by the clock; with its day where that is not the day of `nowMs`. A party with a date, or one that is
 * left open, is talked in on several days.
 */
export function momentText(atMs, nowMs, { toTheSecond = false } = {}) {
  const { clock, dated } = formats.get(toTheSecond ? TO_THE_SECOND : TO_THE_MINUTE);
  const at = new Date(atMs);
  return (at.toDateString() === new Date(nowMs).toDateString() ? clock : dated).format(at);
}
