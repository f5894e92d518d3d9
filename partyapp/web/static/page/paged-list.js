/** A list that comes page by page: the first at once, each further one at the press of "More". */

import { el, whileBusy } from './dom.js';
import { showAlert } from './notices.js';
import { errorLine } from './text.js';

/**
 * Fills a box. `fetchPage(cursor)` answers `{items, next_cursor}`, `rowOf(item)` an element or null; `listClass` is
 * the list's class, `emptyText` a text in its place. Where it was filled anew meanwhile, a late answer is dropped.
 * Answers the list, or null where there is none.
 */
export async function fillList(box, { fetchPage, rowOf, listClass, emptyText }) {
  const list = el('div', { class: listClass });
  const more = el('button', { type: 'button', class: 'button button-small more' }, 'More');
  let cursor = null;
  const turn = (Number(box.dataset.turn) || 0) + 1;
  box.dataset.turn = String(turn);
  const isLate = () => box.dataset.turn !== String(turn);
  const nextPage = async () => {
    const page = await fetchPage(cursor);
    list.append(...page.items.map(rowOf).filter(Boolean));
    cursor = page.next_cursor;
    more.hidden = !cursor;
  };
  try {
    await nextPage();
  } catch (error) {
    if (isLate()) return null;
    const again = el('button', { type: 'button', class: 'link' }, 'Try again');
    again.addEventListener('click', () => void fillList(box, { fetchPage, rowOf, listClass, emptyText }));
    box.replaceChildren(el('p', { class: 'hint' }, errorLine(error), ' ', again));
    return null;
  }
  if (isLate()) return null;
  const showMore = async () => {
    const known = list.childElementCount;
    const hadFocus = document.activeElement === more;
    await nextPage();
    // A button that vanishes takes the focus with it; the first of what came is what one looks for.
    if (more.hidden && hadFocus) focusRow(list, known);
  };
  more.addEventListener('click', () => void whileBusy(more, showMore, showAlert));
  const isEmpty = list.childElementCount === 0 && !cursor;
  box.replaceChildren(...(isEmpty ? [el('p', { class: 'hint' }, emptyText)] : [list, more]));
  return isEmpty ? null : list;
}

/** Focuses the row of this number, or the list where nothing of that row takes the focus. */
function focusRow(list, number) {
  const row = list.children[number] ?? list.lastElementChild;
  const control = row?.matches('a') ? row : row?.querySelector('input:not(:disabled)');
  if (!control) list.tabIndex = -1;
  (control ?? list).focus();
}
