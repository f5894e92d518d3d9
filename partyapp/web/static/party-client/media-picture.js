// @ts-check
/** Whether a media element has a picture to show. */
import { HAVE_CURRENT_DATA } from './ready-state.js';

/**
 * @param {HTMLMediaElement} media
 * @returns {boolean} whether it can show the place where it stands
 */
export function hasPicture(media) {
  return !media.seeking && media.readyState >= HAVE_CURRENT_DATA;
}
