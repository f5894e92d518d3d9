/** One person on several devices: a code from here, and a sign-in with it there. */

import { copyLink } from './clipboard.js';
import { whileBusy } from './dom.js';
import { askName } from './name-form.js';
import { showAlert } from './notices.js';

const CODE_IN_HASH = /^#device(?:=(.*))?$/;

/** The code in a link for another device: "" where it is to be typed, null where the address is about no device. */
export function deviceCodeOf(hash) {
  const found = CODE_IN_HASH.exec(hash);
  if (!found) return null;
  try {
    return decodeURIComponent(found[1] ?? '');
  } catch {
    return '';
  }
}

/**
 * Asks for the code and signs in with it. Nothing is done with a code from a link before a press: a program
 * that opens links must not use it up, and nobody becomes another person by a click on a link alone.
 */
export async function openDevice(context, code) {
  await askName(context.root, {
    heading: 'Go on as yourself',
    lead: 'The code is on your other device, under “Use on another device”. You are the same person here then.',
    field: { label: 'Code', placeholder: 'ABCD-EFGH', autocomplete: 'one-time-code' },
    missing: 'Type the code first.',
    label: 'Sign in',
    testId: 'device-sign-in',
    lastName: code,
    submit: (given) => context.session.signInDevice(given),
  });
  // The address is that of an invite, where the code was asked for behind one.
  if (context.isCurrent()) context.reopen();
}

/** Lets the button of the start page show a code. */
export function offerDevice(view, session) {
  const button = view.querySelector('[data-testid=other-device]');
  const dialog = view.querySelector('[data-testid=device-dialog]');
  const link = dialog.querySelector('[data-testid=device-link]');
  const show = async () => {
    const { code, url } = await session.api.deviceCode();
    dialog.querySelector('[data-testid=device-code]').textContent = code;
    link.value = url;
    dialog.showModal();
  };
  button.addEventListener('click', () => void whileBusy(button, show, showAlert));
  const copy = dialog.querySelector('[data-testid=copy-device-link]');
  copy.addEventListener('click', () => void copyLink(link, 'Link copied'));
}
