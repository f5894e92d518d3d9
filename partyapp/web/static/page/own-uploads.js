/** This browser's uploads: they outlive a change of view, and keep the page open and the phone awake. */

import { UploadMemory, Uploads } from '/static/party-client/index.js';
import { showAlert, showNotice } from './notices.js';
import { loadUploads, saveUploads } from './storage.js';
import { uploadFailure } from './film-text.js';

let current = null;

/** The uploads of who is signed in. Those of somebody who was before are paused. */
export function uploadsOf(session) {
  if (current?.person === session.user.id) return current.uploads;
  for (const upload of current?.uploads.list ?? []) upload.pause();
  const memory = new UploadMemory({ load: loadUploads, save: saveUploads });
  const uploads = new Uploads({ api: session.api, person: session.user.id, memory });
  current = { person: session.user.id, uploads };
  uploads.addEventListener('added', ({ detail: upload }) => {
    upload.addEventListener('change', () => {
      tell(upload);
      keepAwake(uploads.isBusy);
    });
  });
  return uploads;
}

function tell(upload) {
  if (upload.state === 'done') showNotice(`“${upload.file.name}” is uploaded`);
  if (upload.state === 'failed') showAlert(`“${upload.file.name}”: ${uploadFailure(upload.error)}`);
}

window.addEventListener('beforeunload', (event) => {
  if (current?.uploads.isBusy) event.preventDefault();
});

/** The promise of a wake lock, or null. */
let lock = null;

/** A phone that falls asleep ends its uploads. Browsers offer this by https alone. */
function keepAwake(wanted) {
  // Refused on a low battery, or in the background.
  if (wanted) lock ??= navigator.wakeLock?.request('screen').catch(() => null) ?? null;
  else {
    void lock?.then((one) => one?.release());
    lock = null;
  }
}

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'visible') return;
  // The browser has let go of it meanwhile.
  lock = null;
  keepAwake(current?.uploads.isBusy ?? false);
});
