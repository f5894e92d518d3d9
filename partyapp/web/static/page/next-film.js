/** Which film of the queue is worth loading before it begins. Pure, so that it can be tested in Node. */

/** So long before a film's end the next one is loaded, s: the party may go on to it without a countdown. */
export const NEAR_END_S = 20;
const ROUNDING_S = 0.5;

/**
 * The item of the queue that begins by itself in a moment; null where none does yet. `leftS` is how much of the
 * film before it is to come, `isLoaded` whether all of that is there: until then the network is for that one.
 */
export function itemToLoad({ playback, next_after_s: afterS = null }, items, { leftS, isLoaded }) {
  const { next, state } = playback;
  if (next) return items.find(({ id }) => id === next.item_id) ?? null;
  const isNear = isLoaded && leftS <= NEAR_END_S;
  return afterS !== null && state !== 'stopped' && isNear ? (items[0] ?? null) : null;
}

/** Whether a media element has its film from here to the end. */
export function isLoadedToEnd({ buffered, currentTime, duration }) {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= currentTime && buffered.end(index) >= duration - ROUNDING_S) return true;
  }
  return false;
}
