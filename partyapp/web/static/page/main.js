/**
 * The page's entry point: reads the address and opens the view for it.
 *
 * `/` is where a party starts; `/p/{uuid}#invite=<code>` is the invite link; `/embed/{uuid}#invite=<code>` is for frames
 * of other sites. Views change without loading the
 * page again, because a click on "Start" or "Join" then still permits sound.
 */

import { HOME, entryOf, partyIdOf, partyPath } from './addresses.js';
import { deviceCodeOf, openDevice } from './device.js';
import { keepNoticesSeen } from './dialog-notices.js';
import { openFrame } from './embed.js';
import { refuseFiles } from './film-files.js';
import { keepFocus } from './focus-home.js';
import { showAlert } from './notices.js';
import { showCard } from './cards.js';
import { openInvite } from './join.js';
import { isLoginAnswer, openLoginAnswer } from './login.js';
import { openStart } from './start.js';
import { Session } from './session.js';
import { errorText } from './text.js';

const root = document.getElementById('app');
const session = new Session();
const frame = openFrame();
if (frame) frame.session = session;
let closeView = () => {};
let visit = 0;

/** What every view gets: its root element, the session, and navigation. */
function contextOf(number) {
  return {
    root,
    session,
    /** What the site around this page is told, if there is one. */
    frame,
    /** False once another view has been opened: a late answer must not draw over it. */
    isCurrent: () => number === visit,
    go: (path) => {
      if (number !== visit || frame) return;
      window.history.pushState(null, '', path);
      void route();
    },
    goToParty(party, replace = false) {
      if (!frame) window.history[replace ? 'replaceState' : 'pushState'](null, '', partyPath(party));
    },
    reopen: () => void route(),
  };
}

async function route() {
  visit += 1;
  const context = contextOf(visit);
  closeView();
  closeView = () => {};
  const url = new URL(window.location.href);
  const partyId = partyIdOf(url.pathname);
  const keep = (close) => {
    if (context.isCurrent()) closeView = close;
    else close();
  };
  const deviceCode = deviceCodeOf(url.hash);
  // The code is a secret while it lasts: it stays in no address and no history.
  if (deviceCode !== null) window.history.replaceState(null, '', url.pathname + url.search);
  try {
    if (frame) await openInvite(context, frame.entry, keep);
    else if (deviceCode !== null) await openDevice(context, deviceCode);
    else if (isLoginAnswer(url.pathname)) await openLoginAnswer(context, url);
    else if (partyId) await openInvite(context, { partyId, ...takeParameters(url) }, keep);
    else await openStart(context, keep);
  } catch (error) {
    if (!context.isCurrent()) return;
    frame?.refused(error);
    showFailure(error);
  }
}

/** Reads the invite and the name, and leaves an address that is fit to be shared and reloaded. */
function takeParameters(url) {
  const { inviteCode, name, rest } = entryOf(url);
  if (rest !== url.pathname + url.search + url.hash) window.history.replaceState(null, '', rest);
  return { inviteCode, name };
}

function showFailure(error) {
  const { title, detail } = errorText(error);
  showCard(root, {
    kind: 'failure',
    title,
    text: detail,
    actions: [
      { label: 'Try again', testId: 'try-again', run: () => void route() },
      { label: 'To the start page', testId: 'home', href: HOME },
    ],
  });
}

refuseFiles();
keepFocus();
keepNoticesSeen();
window.addEventListener('popstate', () => void route());
window.addEventListener('unhandledrejection', (event) => showAlert(event.reason));
void route();
