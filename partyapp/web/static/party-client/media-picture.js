// @ts-check
/** Whether a media element has a picture to show. */

const HAVE_CURRENT_DATA = 2;

/**
 * @param {HTMLMediaElement} media
 * @returns {boolean} whether it can show the place where it stands
 */
export function hasPicture(media) {
  return !media.seeking && media.readyState >= HAVE_CURRENT_DATA;
}
