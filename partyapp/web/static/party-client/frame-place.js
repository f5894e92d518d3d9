// @ts-check
/**
 * Where a paused player stands so that all of them show the same frame.
 *
 * Engines cut a place down to whole microseconds or to ticks of the file, and the beginning of a frame is seldom a
 * whole number of them: at 29.97 frames a second a third of the frames, sought at their beginning, show the one
 * before. In its middle no rounding matters.
 */

/** A position this share of a frame before the next one is meant to be on it: it was computed, not measured. */
const SLACK = 1e-3;

/**
 * @param {number} positionS
 * @param {number|null|undefined} frameRate frames a second; null where it is not known
 * @returns {number} the middle of the frame that is shown at the position; without a frame rate the position
 */
export function middleOfFrame(positionS, frameRate) {
  if (!frameRate || !(frameRate > 0)) return positionS;
  const frame = Math.floor(positionS * frameRate + SLACK);
  // There is nothing before the first one, and a film that has just been opened stands there.
  return frame <= 0 ? 0 : (frame + 0.5) / frameRate;
}
