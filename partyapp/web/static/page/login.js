/**
 * Signing in at the operator's provider: there, and back.
 *
 * The address that one comes from holds an invite in its fragment, which no server is sent; this tab remembers it
 * meanwhile.
 */

import { BASE_PATH, toldPublicUrl } from './addresses.js';
import { showCard } from './cards.js';
import { whileBusy } from './dom.js';
import { showAlert } from './notices.js';
import { saveReturn, takeReturn } from './storage.js';
import { errorText } from './text.js';

/** What is said of a login that failed, by the problem's `login`. */
const REASONS = {
  expired: ['That took too long', 'For your safety a sign-in holds for ten minutes. Begin it anew.'],
  unknown: ['This sign-in was not begun here', 'It belongs to another browser, or is an old one. Begin it anew.'],
  used: ['This sign-in is used up', 'Each one opens the page once. Begin it anew.'],
  refused: ['The sign-in did not work', 'It was not confirmed, perhaps because it took too long. Begin it anew.'],
  untrusted: ['The sign-in can’t be trusted', 'What came back could not be verified. Whoever runs this service finds why in its log.'],
};
const STILL_THERE =
  'In this browser you may still be signed in where your account is: whoever presses the button next would be you.';
const DENIED = ['You did not sign in', 'Nothing was changed. You can try again, or go back to where you were.'];
const SILENT = ['Signing in does not work right now', 'The place where you sign in does not answer. Try again in a moment.'];

/** Whether an address is the one to which a provider sends people back. */
export function isLoginAnswer(pathname, base = BASE_PATH) {
  return pathname === `${base}/login` || pathname === '/login';
}

/** An address of this page to go back to, as path, query and fragment; the start page for any other. */
export function ownAddress(address, origin = window.location.origin, base = BASE_PATH) {
  try {
    const url = new URL(address ?? '', `${origin}/`);
    const isOwn = url.origin === origin && url.pathname.startsWith(`${base}/`) && !isLoginAnswer(url.pathname, base);
    return isOwn ? url.pathname + url.search + url.hash : `${base}/`;
  } catch {
    return `${base}/`;
  }
}

/**
 * What a name form offers beside a name: see `askName`. Null where there is no provider.
 *
 * In a frame of another site it is a link to the same page in a tab of its own: providers refuse to be framed, and the
 * cookie that ties the two ends of a sign-in together is kept for whole pages alone.
 */
export function accountOffer({ session, frame }, path) {
  if (session.accountLabel === null) return null;
  const only = !session.takesGuests;
  if (frame) return { label: 'Open in a tab of its own', only, href: path };
  return { label: session.accountLabel, only, leave: () => leaveForLogin(session), errorLine: loginLine };
}

/** Goes to the provider. Throws ProblemError where it can't be asked. */
async function leaveForLogin(session) {
  const { pathname, search, hash, origin } = window.location;
  const told = toldPublicUrl(document.head);
  if (told?.source === 'setting' && new URL(told.url).origin !== origin) {
    // The provider sends people back to the public address alone, which can't know what this one remembers.
    const path = pathname.startsWith(`${BASE_PATH}/`) ? pathname.slice(BASE_PATH.length) : pathname;
    window.location.assign(told.url + path + search + hash);
    return;
  }
  saveReturn(pathname + search + hash);
  const { url } = await session.api.account.begin();
  if (!/^https?:$/.test(new URL(url).protocol)) throw new TypeError('no address to sign in at');
  window.location.assign(url);
}

/** Signs in with what the provider has sent along, and goes on where one was. */
export async function openLoginAnswer(context, url) {
  const { session } = context;
  const back = ownAddress(takeReturn());
  // What the provider said is good once, and stays in no address and no history.
  window.history.replaceState(null, '', back);
  const given = url.searchParams;
  const [code, state, iss] = ['code', 'state', 'iss'].map((name) => given.get(name));
  if (given.has('error') || !code || !state) {
    showRefused(context, given.get('error') === 'access_denied' ? DENIED : REASONS.refused);
    return;
  }
  try {
    await session.signInAccount({ code, state, ...(iss === null ? {} : { iss }) });
  } catch (error) {
    if (context.isCurrent()) showRefused(context, loginText(error));
    return;
  }
  if (context.isCurrent()) context.reopen();
}

function showRefused(context, [title, text]) {
  const { session } = context;
  const again = (control) => whileBusy(control, () => leaveForLogin(session), (error) => showAlert(loginLine(error)));
  const actions = [{ label: 'Go back', testId: 'back', run: context.reopen }];
  if (session.accountLabel !== null) actions.unshift({ label: session.accountLabel, testId: 'login-again', run: again });
  showCard(context.root, { kind: 'login', title, text, actions });
}

function loginText(error) {
  if (Object.hasOwn(REASONS, error?.login ?? '')) return REASONS[error.login];
  if (error?.code === 'unavailable') return SILENT;
  const { title, detail } = errorText(error);
  return [title, detail];
}

const loginLine = (error) => loginText(error).join('. ');

/** Ends the session here, and says how to end the one at the provider. */
export async function signOutAccount({ root, session, reopen }) {
  await session.signOut();
  const url = await session.api.account.logoutUrl().catch(() => null);
  const actions = [{ label: 'To the start page', testId: 'home', run: reopen }];
  if (url) actions.push({ label: 'Sign out there, too', testId: 'provider-sign-out', href: url });
  showCard(root, {
    kind: 'signed-out',
    title: 'You are signed out here',
    text: session.accountLabel === null ? 'Whoever comes next in this browser is asked who they are.' : STILL_THERE,
    actions,
  });
}

