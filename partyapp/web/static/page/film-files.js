/** Files for the start page: dropped anywhere on it, or chosen. */

import { fileFault, titleOfAddress } from './film-text.js';
import { showAlert } from './notices.js';

/**
 * Hands on files that are dropped or chosen, as `onFiles(files)`, and an address that is dropped, as
 * `onAddress(text)`. Answers `{choose, close}`: `choose` opens the picker, `close` ends it all.
 */
export function takeFiles(view, { onFiles, onAddress }) {
  const input = view.querySelector('[data-testid=film-file]');
  const take = (files) => {
    const faults = files.map(fileFault).filter(Boolean);
    if (faults.length > 0) showAlert(faults.join(' '));
    const films = files.filter((file) => !fileFault(file));
    if (films.length > 0) onFiles(films);
  };
  const choose = () => input.click();
  view.querySelector('[data-testid=choose-film]').addEventListener('click', choose);
  input.addEventListener('change', () => {
    take([...input.files]);
    // The same file once more is a change too.
    input.value = '';
  });
  return { choose, close: takeDrops(view, take, onAddress) };
}

/** Where no view takes files, one that is dropped by mistake must not take the page's place. */
export function refuseFiles() {
  for (const type of ['dragover', 'drop']) {
    window.addEventListener(type, (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'none';
    });
  }
}

function takeDrops(view, take, onAddress) {
  const ended = new AbortController();
  const { signal } = ended;
  /** Enters and leaves come for each element that is passed. */
  let depth = 0;
  const mark = (by) => {
    depth = Math.max(0, depth + by);
    view.toggleAttribute('data-dragging', depth > 0);
  };
  const isOurs = ({ dataTransfer }) => ['Files', 'text/uri-list'].some((type) => dataTransfer?.types.includes(type));
  const heed = (type, act) =>
    window.addEventListener(
      type,
      (event) => {
        if (!isOurs(event)) return;
        // Else the browser would open the file in place of the page.
        event.preventDefault();
        act?.(event);
      },
      { signal },
    );
  heed('dragenter', () => mark(1));
  heed('dragleave', () => mark(-1));
  heed('dragover', ({ dataTransfer }) => {
    dataTransfer.dropEffect = 'copy';
  });
  heed('drop', ({ dataTransfer }) => {
    mark(-depth);
    const { files, folders } = filesOf(dataTransfer);
    if (folders > 0) showAlert('A folder can’t be dropped here. Open it, and drop the films that are in it.');
    const address = dataTransfer.getData('text/uri-list').split(/\r?\n/u)[0];
    if (files.length > 0) take(files);
    else if (isAddress(address)) onAddress(address);
  });
  return () => ended.abort();
}

/** A folder comes as a file that can't be read. */
function filesOf(dataTransfer) {
  const isFolder = (item) => item.webkitGetAsEntry?.()?.isDirectory ?? false;
  const items = [...dataTransfer.items].filter(({ kind }) => kind === 'file');
  const files = items.filter((item) => !isFolder(item)).map((item) => item.getAsFile());
  return { files: files.filter(Boolean), folders: items.filter(isFolder).length };
}

function isAddress(text) {
  try {
    return Boolean(titleOfAddress(text));
  } catch {
    return false;
  }
}
