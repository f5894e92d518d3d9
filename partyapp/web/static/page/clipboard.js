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
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // Missing or refused: the older way needs no secure context.
  }
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  }
}
