/**
 * The one keyboard map of the party's page: which key does what, by what has the focus. Pure (no DOM), so that
 * it can be tested in Node; keyboard.js listens, and the help dialog shows these rows.
 *
 * A focused control comes first: what a browser does with a key on it (press a button, move a slider) is left
 * to it, and the party hears nothing of that key. `focus` is one of:
 * - `page`: nothing that heeds keys;
 * - `press`: a button or a disclosure, where Space and Enter press; `link`, where Enter does alone;
 * - `clicked`: a button of the player that the mouse or a finger pressed last. Nobody navigates by keys there,
 *   so Space is about the video, as everywhere on the page;
 * - `position`: the slider of the position; `volume`: the slider of the volume, whose arrows are its own;
 * - `entry`: text fields, numbers, lists, where every key is input.
 */

/** Rows of the help, in its order. `single` marks letters and signs that a user may turn off (WCAG 2.1.4). */
export const KEYS = [
  { act: 'toggle', keys: [' '], shown: ['Space'], text: 'Play or pause; pause for me, where only the host controls' },
  { act: 'toggle', keys: ['k'], shown: ['K'], text: 'The same', single: true },
  { act: 'own-pause', keys: ['p'], shown: ['P'], text: 'Pause for me alone, or catch up with the party', single: true },
  { act: 'back', keys: ['ArrowLeft'], shown: ['←'], text: '5 seconds back' },
  { act: 'forward', keys: ['ArrowRight'], shown: ['→'], text: '5 seconds forward' },
  { act: 'mute', keys: ['m'], shown: ['M'], text: 'Sound off or on, for me', single: true },
  { act: 'fullscreen', keys: ['f'], shown: ['F'], text: 'Full screen on or off', single: true },
  { act: 'subtitles', keys: ['c'], shown: ['C'], text: 'Subtitles on or off, for me', single: true },
  { act: 'picture', keys: ['i'], shown: ['I'], text: 'Picture in picture on or off', single: true },
  { act: 'slower', keys: ['<'], shown: ['<'], text: 'Slower', single: true },
  { act: 'faster', keys: ['>'], shown: ['>'], text: 'Faster', single: true },
  { act: 'leave-fullscreen', keys: ['Escape'], shown: ['Esc'], text: 'Leave full screen, close this help' },
  { act: 'help', keys: ['?'], shown: ['?'], text: 'This help', single: true },
];

/** What the position slider does on top, while it has the focus. */
export const POSITION_KEYS = [
  { act: 'back', keys: ['ArrowDown'], shown: ['↓'], text: '5 seconds back' },
  { act: 'forward', keys: ['ArrowUp'], shown: ['↑'], text: '5 seconds forward' },
  { act: 'far-back', keys: ['PageDown'], shown: ['Page ↓'], text: '30 seconds back' },
  { act: 'far-forward', keys: ['PageUp'], shown: ['Page ↑'], text: '30 seconds forward' },
  { act: 'to-start', keys: ['Home'], shown: ['Home'], text: 'To the beginning' },
  { act: 'to-end', keys: ['End'], shown: ['End'], text: 'To the end' },
];

/** Acts that a held key repeats; a held key is one press for all others. */
const REPEATED = new Set(['back', 'forward', 'far-back', 'far-forward']);
/** Keys that belong to the control that has the focus. */
const OWN_KEYS = {
  page: [],
  clicked: ['Enter'],
  press: [' ', 'Enter'],
  link: ['Enter'],
  position: [],
  volume: ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End'],
};

/**
 * What a key does, or null where it is not ours.
 *
 * `key` is a KeyboardEvent (key, repeat, ctrlKey, altKey, metaKey, isComposing); `single` is false where the
 * user has turned keys of one letter off. A held key of an act that is done once answers "nothing": it is
 * ours, and does no more.
 */
export function actOf(key, focus, single = true) {
  if (key.ctrlKey || key.altKey || key.metaKey || key.isComposing) return null;
  const name = key.key.length === 1 ? key.key.toLowerCase() : key.key;
  if (focus === 'entry') return name === 'Escape' ? 'leave-fullscreen' : null;
  if (OWN_KEYS[focus].includes(name)) return null;
  const rows = focus === 'position' ? [...POSITION_KEYS, ...KEYS] : KEYS;
  const row = rows.find(({ keys }) => keys.includes(name));
  if (!row || (row.single && !single)) return null;
  return key.repeat && !REPEATED.has(row.act) ? 'nothing' : row.act;
}
