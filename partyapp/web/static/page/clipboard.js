/** Copying, also on plain http, where browsers offer no `navigator.clipboard`. */

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
