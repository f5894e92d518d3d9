/**
 * The length of a film in words, where it is known and where it isn't. Pure (no DOM), so that it can be tested in
 * Node. A length in seconds is 0 while nobody knows it, and Infinity of a live stream.
 */

import { formatTime, spokenTime } from './text.js';

const isKnown = (durationS) => durationS > 0 && Number.isFinite(durationS);

/** The length beside the bar, and in the list of videos: "5:30", "live", "length unknown". */
export function lengthText(durationS) {
  if (isKnown(durationS)) return formatTime(durationS);
  return durationS === Infinity ? 'live' : 'length unknown';
}

/** A position for a screen reader: "5 seconds of 5 minutes", "5 seconds, live". */
export function spokenPosition(positionS, durationS) {
  if (isKnown(durationS)) return `${spokenTime(positionS)} of ${spokenTime(durationS)}`;
  return `${spokenTime(positionS)}, ${lengthText(durationS)}`;
}

/**
 * How the bar is drawn: `max` its end in seconds, `value` the place of its thumb, `hasPlaces` whether a place on it
 * is one in the film. Without a known length it is empty, and full of a live stream, which is watched at its end.
 */
export function barOf(positionS, durationS) {
  if (isKnown(durationS)) return { max: durationS, value: positionS, hasPlaces: true };
  return { max: 1, value: durationS === Infinity ? 1 : 0, hasPlaces: false };
}

/** Why nobody can go to the end; null when they can. */
export function noEndText(durationS) {
  if (isKnown(durationS)) return null;
  return durationS === Infinity ? 'A live stream has no end to go to.' : "Nobody knows yet where this video ends.";
}
