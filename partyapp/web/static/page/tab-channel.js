/**
 * Messages to the other tabs of this browser: by BroadcastChannel, which plain http has too, or by the storage
 * event where that is missing. Where neither works, as between a private window and others, nobody answers.
 */

const NAME = 'party.tabs';

/** Opens the channel; `hear(message)` is called with what other tabs post. Answers `{post, close}`. */
export function openTabChannel(hear) {
  try {
    const channel = new BroadcastChannel(NAME);
    channel.onmessage = ({ data }) => hear(data);
    return { post: (message) => channel.postMessage(message), close: () => channel.close() };
  } catch {
    return storageChannel(hear);
  }
}

function storageChannel(hear) {
  const listen = ({ key, newValue }) => {
    if (key === NAME && newValue) hear(JSON.parse(newValue).message);
  };
  window.addEventListener('storage', listen);
  const post = (message) => {
    try {
      // The time makes each value another one, or no event would come of it.
      window.localStorage.setItem(NAME, JSON.stringify({ message, at: performance.now() + Math.random() }));
      window.localStorage.removeItem(NAME);
    } catch {
      // No storage, no other tab to be heard by.
    }
  };
  return { post, close: () => window.removeEventListener('storage', listen) };
}
