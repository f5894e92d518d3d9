/** The start page: pick a video, start a party, or open a running one. */

import { offerDevice } from './device.js';
import { el, mount, setFormError, whileBusy } from './dom.js';
import { filmWarning } from './film-check.js';
import { showParty } from './join.js';
import { askName, SIGNED_OUT } from './name-form.js';
import { showAlert } from './notices.js';
import { partyRow, videoRow } from './start-rows.js';
import { errorLine } from './text.js';

/** Opens the start page, after asking for a name if this browser has none. */
export async function openStart(context, keep) {
  const { root, session } = context;
  if (!(await session.restore())) {
    await askName(root, {
      heading: 'Watch it together',
      lead: 'A party shows everybody the same picture at the same moment. First, who are you?',
      label: 'Continue',
      testId: 'continue',
      lastName: session.lastName,
      haveCode: true,
      ...(session.signedOut ? SIGNED_OUT : {}),
      submit: (name) => session.signIn(name),
    });
  }
  if (!context.isCurrent()) return;
  const view = mount(root, 'view-start');
  document.title = 'Party';
  view.querySelector('[data-part=me]').textContent = session.user.display_name;
  view.querySelector('[data-testid=change-name]').addEventListener('click', () => void changeName(context));
  offerDevice(view, session);
  const form = view.querySelector('[data-testid=create-form]');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void create(form, context, keep);
  });
  view.querySelector('h1').focus();
  await Promise.all([
    listVideos(form, session),
    listParties(view.querySelector('[data-part=parties]'), session),
  ]);
}

/** The same person under another name, in their parties too. */
async function changeName(context) {
  const { root, session } = context;
  await askName(root, {
    heading: 'Change your name',
    lead: 'All who are in a party with you see the new one.',
    label: 'Change name',
    testId: 'rename',
    lastName: session.user.display_name,
    submit: (name) => session.rename(name),
  });
  if (context.isCurrent()) context.reopen();
}

async function create(form, context, keep) {
  const errorText = form.querySelector('.form-error');
  const fields = new FormData(form);
  const title = String(fields.get('title')).trim();
  const wish = {
    video_id: String(fields.get('video')),
    visibility: String(fields.get('visibility')),
    control: String(fields.get('control')),
    ...(title ? { title } : {}),
  };
  setFormError(errorText, fields.get('video') ? '' : 'Pick a video first.');
  if (!fields.get('video')) return;
  const start = async () => {
    const warning = await filmWarning(form.querySelector('[name=video]:checked').dataset.address);
    setFormError(errorText, warning);
    if (warning) return;
    const party = await context.session.api.createParty(wish);
    if (context.isCurrent()) showParty(context, party, keep, true);
  };
  await whileBusy(form.querySelector('[data-testid=create]'), start, (error) =>
    setFormError(errorText, errorLine(error)),
  );
}

async function listVideos(form, session) {
  const box = form.querySelector('[data-part=videos]');
  const none = 'There is no video here yet. Whoever runs this place can add one.';
  await fillList(box, (cursor) => session.api.videos(cursor ? { cursor } : {}), videoRow, none);
  const radios = [...box.querySelectorAll('input:not(:disabled)')];
  if (radios.length > 0 && !radios.some((radio) => radio.checked)) radios[0].checked = true;
  form.querySelector('[data-testid=create]').disabled = radios.length === 0;
}

async function listParties(box, session) {
  const none =
    'No party is going on. Start one, and it appears here for you and, if it is public, for others.';
  const row = (party) => partyRow(party, session.user.id);
  await fillList(box, (cursor) => session.api.parties(cursor ? { cursor } : {}), row, none);
}

/** Fills a box page by page: the first at once, each further one at the press of "More". */
async function fillList(box, fetchPage, rowOf, emptyText) {
  const list = el('div', { class: box.dataset.part === 'parties' ? 'party-list' : 'video-list' });
  const more = el('button', { type: 'button', class: 'button button-small more' }, 'More');
  let cursor = null;
  const nextPage = async () => {
    const page = await fetchPage(cursor);
    list.append(...page.items.map(rowOf));
    cursor = page.next_cursor;
    more.hidden = !cursor;
  };
  try {
    await nextPage();
  } catch (error) {
    const again = el('button', { type: 'button', class: 'link' }, 'Try again');
    again.addEventListener('click', () => void fillList(box, fetchPage, rowOf, emptyText));
    box.replaceChildren(el('p', { class: 'hint' }, errorLine(error), ' ', again));
    return;
  }
  const showMore = async () => {
    const known = list.childElementCount;
    const hadFocus = document.activeElement === more;
    await nextPage();
    // A button that vanishes takes the focus with it; the first of what came is what one looks for.
    if (more.hidden && hadFocus) focusRow(list, known);
  };
  more.addEventListener('click', () => void whileBusy(more, showMore, showAlert));
  const empty = list.childElementCount === 0;
  box.replaceChildren(...(empty ? [el('p', { class: 'hint' }, emptyText)] : [list, more]));
}

/** Focuses the row of this number, or the list where nothing of that row takes the focus. */
function focusRow(list, number) {
  const row = list.children[number] ?? list.lastElementChild;
  const control = row?.matches('a') ? row : row?.querySelector('input:not(:disabled)');
  if (!control) list.tabIndex = -1;
  (control ?? list).focus();
}
