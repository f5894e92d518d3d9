// @ts-check
/** What a media element has loaded, by its `readyState` (HTML §4.8.11.7); programs without a page don't know the names. */

/** Its length and size are known. */
export const HAVE_METADATA = 1;
/** It can show the place where it stands, */
export const HAVE_CURRENT_DATA = 2;
/** and what follows. */
export const HAVE_FUTURE_DATA = 3;
