/** Copying, also on plain http, where browsers offer no `navigator.clipboard`. */

import { showAlert, showNotice } from './notices.js';

/** Copies a link's field and says so; where the browser refuses, says what to do. Answers whether it was copied. */
export async function copyLink(field, copiedText) {
  const copied = await copyField(field);
  if (copied) showNotice(copiedText);
  else {
    field.focus();
    showAlert('Your browser does not let us copy. The link is selected: copy it yourself.');
  }
  return copied;
}

/** Copies a field's text, and leaves it selected. Answers whether it was copied; nothing is thrown. */
export async function copyField(field) {
  const pressed = document.activeElement;
  // In some browsers this gives it the focus too, which whoever pressed a button by keys wants to have back.
  field.select();
  const copied = await copyValue(field.value);
  if (copied) pressed?.focus({ preventScroll: true });
  return copied;
}

async function copyValue(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Missing or refused: the older way needs no secure context, and copies what is selected.
  }
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  }
}
