/** A film at an address: looked at by this browser's own player, and added. */

import { partyIdOf } from './addresses.js';
import { setFormError, whileBusy } from './dom.js';
import { checkFilm } from './film-check.js';
import { titleOfAddress } from './film-text.js';
import { errorLine } from './text.js';

const NO_ADDRESS = 'Paste the whole address of a film, beginning with https:// or http://.';
const PARTY_LINK = 'This link leads to a party, not to a film. Open it in the address bar to join.';

/** Lets an address be added; `onFilm(video)` gets the film. Answers a function that adds one. */
export function takeAddresses(view, { films, onFilm }) {
  const field = view.querySelector('[data-testid=film-address]');
  const button = view.querySelector('[data-testid=add-address]');
  const line = view.querySelector('[data-testid=address-error]');
  const say = (text) => {
    setFormError(line, text);
    field.setAttribute('aria-invalid', String(Boolean(text)));
  };
  const add = async () => {
    const address = field.value.trim();
    const { title, fault } = taken(address);
    say(fault);
    if (fault) return;
    const { warning, durationS } = await checkFilm(address, 'add');
    say(warning);
    if (warning) return;
    const video = await films.add({ title, playback_url: address, ...(durationS ? { duration_s: durationS } : {}) });
    field.value = '';
    onFilm(video);
  };
  const press = () => void whileBusy(button, add, (error) => say(errorLine(error)));
  button.addEventListener('click', press);
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.isComposing) return;
    // The field stands in the form that starts a party.
    event.preventDefault();
    press();
  });
  return (address) => {
    field.value = address;
    press();
  };
}

/** What an address is taken for: the `title` of its film, and the `fault` where it has none, otherwise empty. */
function taken(address) {
  let url = null;
  try {
    url = new URL(address);
  } catch {
    // Told below.
  }
  if (!/^https?:$/u.test(url?.protocol)) return { title: '', fault: NO_ADDRESS };
  if (partyIdOf(url.pathname)) return { title: '', fault: PARTY_LINK };
  return { title: titleOfAddress(address), fault: '' };
}
