/** Building and finding elements. */

/** A search begins when no letter was typed for so long, ms. */
export const SEARCH_MS = 250;

/**
 * Clones a `<template>` of index.html into `root`, and answers its first element.
 *
 * The notices stay one and the same element, as live regions must; they stand where the view has a
 * place for them, else above it.
 */
export function mount(root, templateId) {
  const template = document.getElementById(templateId);
  const notices = document.querySelector('.notice-strip');
  root.before(notices);
  root.replaceChildren(template.content.cloneNode(true));
  root.querySelector('[data-part=notice-place]')?.append(notices);
  // The browser keeps how far down one was in the view before, as in the form for a name on a phone on its side.
  window.scrollTo({ top: 0, behavior: 'instant' });
  return root.firstElementChild;
}

/** An element with attributes and children. Text goes in as text nodes, never as markup. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** A fresh `<svg>` that shows one symbol of the sprite in index.html. */
export function useIcon(name) {
  const namespace = 'http://www.w3.org/2000/svg';
  const icon = document.createElementNS(namespace, 'svg');
  const use = document.createElementNS(namespace, 'use');
  icon.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#icon-${name}`);
  icon.append(use);
  return icon;
}

/** Points a button's `<use>` at another symbol of the sprite in index.html. */
export function setIcon(button, name) {
  const use = button.querySelector('use');
  if (use.getAttribute('href') !== `#icon-${name}`) use.setAttribute('href', `#icon-${name}`);
}

/** Sets text only when it differs, so that a live region is not read out again for nothing. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows a sentence in a form's error line, or hides the line when the sentence is empty. */
export function setFormError(line, text) {
  line.hidden = !text;
  setText(line, text);
}

/** Bars a control, or frees it. Unlike `disabled` it keeps the focus, and says why when it is pressed. */
export function setBarred(control, barred) {
  if (barred) control.setAttribute('aria-disabled', 'true');
  else control.removeAttribute('aria-disabled');
}

/**
 * Runs an asynchronous act for a button and bars a second press until it is done.
 * Errors go to `onError`; nothing is thrown.
 */
export async function whileBusy(button, act, onError) {
  if (button.getAttribute('aria-busy') === 'true') return;
  button.setAttribute('aria-busy', 'true');
  setBarred(button, true);
  try {
    await act();
  } catch (error) {
    onError(error);
  } finally {
    button.removeAttribute('aria-busy');
    setBarred(button, false);
  }
}
