/** The form that asks for a name before anything else, on the start page and behind an invite link. */

import { el, mount, setFormError, whileBusy } from './dom.js';
import { errorLine } from './text.js';

const NAMELESS = 'Tell us a name first; any will do.';

/** What the form says where the session was ended on another device. */
export const SIGNED_OUT = {
  heading: 'You were signed out on another device',
  lead: 'Your name alone makes you somebody new here. To go on as yourself, use the code of a device on which you are still signed in.',
  haveCode: true,
};

/**
 * Asks for a name and resolves once `submit(name)` has succeeded; errors are shown in the form.
 * `facts` are rows `[label, value]` about what one is about to enter; `testId` names the button for tests;
 * `field` words the field where it takes something else than a name; `haveCode` offers the code of another device;
 * `account` offers a sign-in elsewhere, `{label, only, leave, errorLine}`: `only` that, or beside a name. With `href` in
 * the place of `leave` it is a link, which opens a tab of its own.
 */
export function askName(
  root,
  { heading, lead, facts = [], field, missing = NAMELESS, label, testId, lastName, haveCode = false, account = null, submit },
) {
  const view = mount(root, 'view-name');
  const form = view.querySelector('form');
  const input = form.querySelector('input');
  const button = form.querySelector('[data-part=submit]');
  const errorText = form.querySelector('.form-error');
  view.querySelector('[data-part=heading]').textContent = heading;
  view.querySelector('[data-part=lead]').textContent = lead;
  const list = view.querySelector('[data-part=facts]');
  list.hidden = facts.length === 0;
  list.append(
    ...facts.map(([term, value]) => el('div', {}, el('dt', {}, term), el('dd', {}, el('bdi', {}, value)))),
  );
  if (field) {
    view.querySelector('[data-part=label]').textContent = field.label;
    Object.assign(input, { placeholder: field.placeholder, autocomplete: field.autocomplete });
  }
  view.querySelector('[data-part=have-code]').hidden = !haveCode;
  button.textContent = label;
  button.dataset.testid = testId;
  input.value = lastName;
  document.title = `${heading} · Party`;
  const refuse = (text) => {
    setFormError(errorText, text);
    input.setAttribute('aria-invalid', String(Boolean(text)));
    if (text) input.focus();
  };
  const offered = account && offerAccount(view, account, refuse);
  if (account?.only) offered.focus();
  else input.focus();

  return new Promise((resolve) => {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const name = input.value.trim();
      if (!name) return refuse(missing);
      refuse('');
      void whileBusy(
        button,
        async () => resolve(await submit(name)),
        (error) => refuse(errorLine(error)),
      );
    });
  });
}

/** Shows the control by which one signs in elsewhere, and answers it; where that is the only way in, nothing else is asked. */
export function offerAccount(view, { label, only, leave, href, errorLine: lineOf }, refuse) {
  const button = view.querySelector(href ? '[data-part=account-tab]' : '[data-part=account]');
  button.hidden = false;
  button.textContent = label;
  button.classList.toggle('button-main', only);
  for (const one of view.querySelectorAll('.field, [data-part=submit]')) one.hidden = only;
  if (href) {
    button.href = href;
    return button;
  }
  button.addEventListener('click', () => {
    refuse('');
    void whileBusy(button, leave, (error) => refuse(lineOf(error)));
  });
  return button;
}
