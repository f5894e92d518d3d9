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
