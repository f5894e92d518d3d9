/** Before a party starts: whether this browser can play its film at all, and if not, why. */

import { probeMedia } from '/static/party-client/index.js';
import { mediaFaultText } from './media-text.js';

/** The check may hold up the start for no longer than this. */
const LIMIT_MS = 6000;
/** A film was already found wanting at this address, and its person wants it all the same. */
let lastTold = null;

/**
 * What is wrong with the film at an address, as sentences; an empty text if it is well, if nobody can say in
 * time, or if the same was said a moment ago.
 */
export async function filmWarning(address) {
  // What this service gives out itself was looked at when it came.
  if (!address || address === lastTold || isOwn(address)) return '';
  const { faults } = await probeMedia(address, { limitMs: LIMIT_MS });
  const text = faults
    .filter((fault) => fault !== 'timeout')
    .map(mediaFaultText)
    .join(' ');
  if (!text) return '';
  lastTold = address;
  return `${text} Press again to start with it all the same.`;
}

function isOwn(address) {
  try {
    return new URL(address, window.location.href).origin === window.location.origin;
  } catch {
    return false;
  }
}
