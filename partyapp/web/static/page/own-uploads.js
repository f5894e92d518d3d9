/** This browser's uploads: they outlive a change of view, and keep the page open and the phone awake. */

import { UploadMemory, Uploads } from '../party-client/index.js';
import { showAlert, showNews } from './notices.js';
import { loadUploads, saveUploads } from './storage.js';
import { uploadFailure } from './film-text.js';
import { keepAwake, renewWakeLock } from './wake-lock.js';

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
  if (upload.state === 'done') showNews(`“${upload.file.name}” is uploaded`);
  if (upload.state === 'failed') showAlert(`“${upload.file.name}”: ${uploadFailure(upload.error)}`);
}

window.addEventListener('beforeunload', (event) => {
  if (!current?.uploads.isBusy) return;
  event.preventDefault();
  // Chromium before 119 and Safari ask for this alone.
  event.returnValue = true;
});

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') renewWakeLock(current?.uploads.isBusy ?? false);
});
