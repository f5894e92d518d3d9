/** A whole-page card with a heading, a sentence and what can be done about it. */

import { el, mount } from './dom.js';

/**
 * Shows a card instead of the view that was there.
 *
 * `actions` are `{label, testId, run}` (a button) or `{label, testId, href}` (a link); the first one is
 * the main one. `kind` is for the style and for tests, e.g. "ended".
 */
export function showCard(root, { kind, title, text, actions }) {
  const card = mount(root, 'view-card');
  card.dataset.card = kind;
  const heading = card.querySelector('h1');
  heading.textContent = title;
  card.querySelector('[data-part=text]').textContent = text;
  const row = card.querySelector('[data-part=actions]');
  actions.forEach((action, index) => {
    const look = index === 0 ? 'button button-main' : 'button';
    const control = action.href
      ? el('a', { class: look, href: action.href, 'data-testid': action.testId }, action.label)
      : el('button', { class: look, type: 'button', 'data-testid': action.testId }, action.label);
    if (action.run) control.addEventListener('click', () => action.run(control));
    row.append(control);
  });
  document.title = `${title} · Party`;
  heading.focus();
}
