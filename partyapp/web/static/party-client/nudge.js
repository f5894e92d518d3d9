// @ts-check
/**
 * How far a playback rate may be bent to close an error, and which bends are free.
 *
 * A player keeps the pitch of a bent rate by stretching the sound, and Chromium loses some 20 ms each time it
 * begins to stretch. A bend of one per cent moves the pitch by 17 cents, one of two by 34; for the second or two
 * that they last, mostly after a jump that was heard anyway, hardly anybody notices. So up to there the pitch is let
 * go, the sound is resampled, and nothing is lost.
 */

/** Deviations up to this are played with the pitch bent. */
const QUIET_NUDGE = 0.02;
/** A nudge aims to close the error in this time, in steps of this size. */
const CLOSE_IN_S = 0.5;
const RATE_STEP = 0.005;
/** Error in ms below which a rate may deviate by so much at most; large deviations are heard. */
const CAPS = /** @type {const} */ ([[40, 0.03], [120, 0.08], [300, 0.15], [Infinity, 0.25]]);
/** Errors below this, ms, are not worth what it costs to begin stretching. */
const QUIET_CAPS = /** @type {const} */ ([[15, 0.01], [40, QUIET_NUDGE]]);

/**
 * @param {number} offMs
 * @param {boolean} stretching whether the sound is being stretched already, so that it costs no more
 * @returns {number} the largest deviation of the rate for that error
 */
export function capFor(offMs, stretching) {
  const caps = stretching ? CAPS : [...QUIET_CAPS, ...CAPS];
  return caps.find(([belowMs]) => offMs < belowMs)?.[1] ?? 0.25;
}

/**
 * @param {number} offMs at least 0
 * @param {boolean} stretching
 * @returns {number} deviation of the rate, at least one step
 */
export function nudgeFor(offMs, stretching) {
  const wanted = Math.min(capFor(offMs, stretching), offMs / 1000 / CLOSE_IN_S);
  return Math.max(1, Math.floor(wanted / RATE_STEP + 1e-9)) * RATE_STEP;
}

/**
 * Whether a rate is so near to the room's that its pitch may be bent. Only at the room's normal rate: at another
 * one the sound is stretched anyway.
 * @param {number} rate
 * @param {number} roomRate
 * @returns {boolean}
 */
export function isQuiet(rate, roomRate) {
  return roomRate === 1 && Math.abs(rate - roomRate) <= QUIET_NUDGE + 1e-4;
}

/** @param {number} rate @returns {number} without the dust of floating point */
export function roundRate(rate) {
  return Math.round(rate * 1e4) / 1e4;
}

/** A step of the rate is five times this, for a player may keep fewer digits. @param {number} a @param {number} b */
export function isSameRate(a, b) {
  return Math.abs(a - b) < 0.001;
}
