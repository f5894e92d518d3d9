/** Before a party starts: whether this browser can play its film at all, and if not, why. */

import { probeMedia } from '../party-client/index.js';
import { mediaFaultText } from './media-text.js';

/** The check may hold up the start for no longer than this. */
const LIMIT_MS = 6000;
const ALL_THE_SAME = { start: 'Press again to start with it all the same.', add: 'Press again to add it all the same.' };
/** A film was already found wanting at this address, and its person wants it all the same. */
let lastTold = null;

/**
 * What this browser's player finds at an address: `{warning, durationS}`. The warning is what is wrong with it, as
 * sentences; an empty text if it is well, if nobody can say in time, or if the same was said a moment ago. `act` is
 * "start" or "add", for what a second press does.
 */
export async function checkFilm(address, act = 'start') {
  // What this service gives out itself was looked at when it came; what somebody types may be another page of it.
  if (!address || address === lastTold || (act === 'start' && isOwn(address))) return { warning: '', durationS: null };
  const { faults, durationS } = await probeMedia(address, { limitMs: LIMIT_MS });
  const text = faults
    .filter((fault) => fault !== 'timeout')
    .map(mediaFaultText)
    .join(' ');
  if (!text) return { warning: '', durationS };
  lastTold = address;
  return { warning: `${text} ${ALL_THE_SAME[act]}`, durationS };
}

function isOwn(address) {
  try {
    return new URL(address, window.location.href).origin === window.location.origin;
  } catch {
    return false;
  }
}
