/** A phone that falls asleep ends its uploads. Browsers offer to keep it awake by https alone; elsewhere it sleeps. */

/** The promise of a wake lock, or null. */
let lock = null;

/** Keeps the screen on for as long as it is wanted. */
export function keepAwake(wanted) {
  // Refused on a low battery, or in the background.
  if (wanted) lock ??= navigator.wakeLock?.request('screen').catch(() => null) ?? null;
  else {
    void lock?.then((one) => one?.release());
    lock = null;
  }
}

/** The page is seen again: the browser has let go of the lock meanwhile. */
export function renewWakeLock(wanted) {
  lock = null;
  keepAwake(wanted);
}
