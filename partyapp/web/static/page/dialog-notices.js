/**
 * Notices while a dialog is open: what is behind it is dimmed, can't be pressed, and is read out by no screen reader.
 * They go into those dialogs that stay open after a press (`data-notices`), and back to their place in the view after.
 */

/** Looks after them from now on. */
export function keepNoticesSeen() {
  const strip = document.querySelector('.notice-strip');
  /** Stands where they belong meanwhile. */
  const place = document.createComment('notices');
  const look = () => {
    const dialog = [...document.querySelectorAll('dialog[open]')].at(-1);
    const goal = dialog?.hasAttribute('data-notices') ? dialog : null;
    if (strip.parentElement === goal) return;
    if (!goal) {
      // A view that has gone took the place with it, and has put the notices into the new one.
      if (place.isConnected && strip.closest('dialog')) place.replaceWith(strip);
      return;
    }
    if (!strip.closest('dialog')) strip.before(place);
    goal.append(strip);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, attributeFilter: ['open'] });
}
