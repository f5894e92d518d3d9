/** Messages between the tabs of one browser, by whichever way there is, or none. */

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { openTabChannel } from '../../partyapp/web/static/page/tab-channel.js';

const { BroadcastChannel } = globalThis;

afterEach(() => {
  globalThis.BroadcastChannel = BroadcastChannel;
  delete globalThis.window;
});

/** Windows of one browser: what one stores, the others hear of. */
function browser({ storage = true } = {}) {
  const windows = [];
  const open = () => {
    const window = new EventTarget();
    window.localStorage = {
      setItem: (key, newValue) => {
        if (!storage) throw new Error('denied');
        for (const other of windows) {
          if (other !== window) other.dispatchEvent(Object.assign(new Event('storage'), { key, newValue }));
        }
      },
      removeItem: (key) => window.localStorage.setItem(key, null),
    };
    windows.push(window);
    return window;
  };
  return open;
}

test('by BroadcastChannel', async () => {
  let told;
  const heard = new Promise((resolve) => {
    told = openTabChannel(resolve);
  });
  const teller = openTabChannel(() => {});
  teller.post({ what: 'taken' });
  assert.deepEqual(await heard, { what: 'taken' });
  teller.close();
  told.close();
});

for (const [why, missing] of [
  ['is missing', undefined],
  ['is refused', class { constructor() { throw new Error('SecurityError'); } }],
]) {
  test(`by the storage event where that ${why}, also the same message twice`, () => {
    globalThis.BroadcastChannel = missing;
    const open = browser();
    const heard = [];
    globalThis.window = open();
    const told = openTabChannel((message) => heard.push(message));
    globalThis.window = open();
    const teller = openTabChannel(() => {});
    teller.post('taken');
    teller.post('taken');
    assert.deepEqual(heard, ['taken', 'taken']);
    told.close();
  });
}

test('without either nobody hears, and nothing is thrown', () => {
  globalThis.BroadcastChannel = undefined;
  globalThis.window = browser({ storage: false })();
  openTabChannel(() => {}).post('taken');
});
