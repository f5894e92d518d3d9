/**
 * Where the focus goes when what has it vanishes: a row that is taken out, a button that has done its part, a dialog
 * whose opener is gone. Browsers leave it on the body then, from where a screen reader begins at the page's top.
 *
 * What has `data-focus-home` takes it, the nearest to where it was. No key does anything there.
 */

const HOME = '[data-focus-home]';

/** Looks after the focus of the whole page, from now on. */
export function keepFocus() {
  /** What had the focus, and what it stood in, from the inside out. What is taken out has no parents to ask for. */
  let trail = [];
  let isDue = false;
  const note = () => {
    trail = trailOf(document.activeElement);
  };
  const look = () => {
    isDue = false;
    const [last, ...around] = trail;
    // Where nobody has the focus, or its owner is still to be seen, nothing has vanished.
    if (!last || isShown(last) || isHeld()) return;
    trail = [];
    homesNear(around).find(takesFocus);
  };
  document.addEventListener('focusin', note);
  // Whoever clicks beside all controls wants none of them.
  window.addEventListener('click', note, { capture: true });
  new MutationObserver(() => {
    if (isDue || trail.length === 0) return;
    isDue = true;
    window.requestAnimationFrame(look);
  }).observe(document.body, { subtree: true, childList: true, attributeFilter: ['hidden', 'class', 'open'] });
}

/** A heading takes the focus for this once: a dialog that opens gives it to its first control, not to its heading. */
function takesFocus(home) {
  if (!home.hasAttribute('tabindex')) {
    home.tabIndex = -1;
    home.addEventListener('blur', () => home.removeAttribute('tabindex'), { once: true });
  }
  home.focus({ preventScroll: true });
  return document.activeElement === home;
}

/** Whether something that is to be seen has the focus. */
function isHeld() {
  const { activeElement, body } = document;
  return activeElement !== null && activeElement !== body && isShown(activeElement);
}

function trailOf(element) {
  const trail = [];
  for (let one = element; one && one !== document.body; one = one.parentElement) trail.push(one);
  return trail;
}

/** Those to be seen, the nearest first. Behind a dialog nothing takes the focus. */
function homesNear(around) {
  const places = [...around.filter(isShown), document.body];
  return places.flatMap((place) => [...(place.matches(HOME) ? [place] : []), ...place.querySelectorAll(HOME)]).filter(isShown);
}

/** Whether it is in the page, and nothing hides it. */
function isShown(element) {
  if (!element.isConnected) return false;
  return element.checkVisibility?.({ visibilityProperty: true }) ?? element.getClientRects().length > 0;
}
