// @ts-check
/** A video element that loads a film unheard and unseen, to lie over a player once it has a picture. */

/**
 * @param {HTMLMediaElement} media the player: the film is asked for in the same way
 * @param {() => HTMLVideoElement} create
 * @returns {HTMLVideoElement} in no document yet; `style.opacity` shows it
 */
export function unseenPicture(media, create) {
  const element = create();
  element.className = 'second-picture';
  element.muted = true;
  element.playsInline = true;
  element.preload = 'auto';
  element.tabIndex = -1;
  element.setAttribute('aria-hidden', 'true');
  element.style.opacity = '0';
  if (media.crossOrigin !== null) element.crossOrigin = media.crossOrigin;
  return element;
}
