/** The start page: choose a film, start a party, or open a running one. */

import { HOME } from './addresses.js';
import { offerChannels } from './channels.js';
import { offerDevice } from './device.js';
import { mount, setFormError, whileBusy } from './dom.js';
import { FilmActions } from './film-actions.js';
import { takeAddresses } from './film-address.js';
import { dateFault, startOf } from './date-field.js';
import { checkFilm } from './film-check.js';
import { takeFiles } from './film-files.js';
import { FilmList } from './film-list.js';
import { FilmStart } from './film-start.js';
import { showParty } from './join.js';
import { accountOffer, signOutAccount } from './login.js';
import { askName, SIGNED_OUT } from './name-form.js';
import { showAlert } from './notices.js';
import { uploadsOf } from './own-uploads.js';
import { fillList } from './paged-list.js';
import { partyRow } from './party-row.js';
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
      account: accountOffer(context, HOME),
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
  offerSignOut(view, context);
  offerChannels(view, session);
  view.querySelector('h1').focus();
  await Promise.all([
    openForm(view, context, keep),
    listParties(view.querySelector('[data-part=parties]'), session),
  ]);
}

/** Who has an account, or another device, may sit at a computer of others; a guest would be lost. */
function offerSignOut(view, context) {
  const button = view.querySelector('[data-testid=sign-out]');
  button.hidden = !context.session.canSignOut;
  button.addEventListener('click', () => void whileBusy(button, () => signOutAccount(context), showAlert));
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

/** The films, and the form that makes a party of one of them. */
async function openForm(view, context, keep) {
  const { session } = context;
  const form = view.querySelector('[data-testid=create-form]');
  const { films } = session.api;
  const uploads = uploadsOf(session);
  const ended = new AbortController();
  const chooseFile = () => files.choose();
  const actions = new FilmActions({ view, films, uploads, chooseFile });
  const list = new FilmList({ form, session, uploads, actions });
  const close = () => {
    ended.abort();
    files.close();
    start.stop();
  };
  const open = (party) => {
    close();
    showParty(context, party, keep, true);
  };
  const start = new FilmStart({ form, list, start: (entry) => create(form, entry, context, open) });
  const addAddress = takeAddresses(view, { films, onFilm: (video) => list.addVideo(video) });
  const files = takeFiles(view, { onFiles: (given) => uploadAll(given, { uploads, list, start }), onAddress: addAddress });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void press(form, list, start);
  });
  keep(close);
  await list.open(ended.signal);
}

/** One file is what one wants to watch: the party opens by itself. Of several nobody knows which. */
function uploadAll(files, { uploads, list, start }) {
  const entries = files.map((file) => list.addUpload(uploads.add(file)));
  list.choose(entries[0]);
  if (entries.length === 1) void start.wait(entries[0]);
}

async function press(form, list, start) {
  const entry = list.chosen;
  const isReady = entry?.isWatchable ?? false;
  const date = form.querySelector('[data-testid=create-start]');
  setFormError(form.querySelector('.create-error'), entry ? dateFault(date) : 'Pick a film first.');
  if (!entry) return;
  if (dateFault(date)) return date.focus();
  await start.wait(entry);
  // The button has made way for the one that ends the wait.
  if (!isReady && start.isWaiting) form.querySelector('[data-testid=stop-waiting]').focus();
}

async function create(form, { video }, context, open) {
  const line = form.querySelector('.create-error');
  const fields = new FormData(form);
  const title = String(fields.get('title')).trim();
  const startsMs = startOf(String(fields.get('starts')));
  const wish = {
    video_id: video.id,
    visibility: String(fields.get('visibility')),
    control: String(fields.get('control')),
    ...(title ? { title } : {}),
    ...(startsMs === null ? {} : { starts_at_ms: startsMs }),
  };
  const start = async () => {
    const { warning } = await checkFilm(video.playback_url);
    setFormError(line, warning);
    if (warning) return;
    const party = await context.session.api.createParty(wish);
    await waitFor(String(fields.get('wait')), party, context.session.api);
    if (context.isCurrent()) open(party);
  };
  await whileBusy(form.querySelector('[data-testid=create]'), start, (error) => setFormError(line, errorLine(error)));
}

/** Whom a party waits for is set once it is there; it opens whatever becomes of that. */
async function waitFor(whom, party, api) {
  if (!party.wait || party.wait.for === whom) return;
  try {
    await api.change(party.id, { wait: { ...party.wait, for: whom } });
  } catch (error) {
    showAlert(error);
  }
}

async function listParties(box, session) {
  await fillList(box, {
    fetchPage: (cursor) => session.api.parties(cursor ? { cursor } : {}),
    rowOf: (party) => partyRow(party, session.user.id),
    listClass: 'party-list',
    emptyText: 'No party is going on. Start one, and it appears here for you and, if it is public, for others.',
  });
}
