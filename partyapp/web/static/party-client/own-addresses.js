// @ts-check
/**
 * Addresses of files on the backend. They are paths where the backend doesn't know its own address, which a page of
 * another origin would look for at its own. And where the backend is reached by another address than the one that it
 * gives itself (at home over the network while others come through a tunnel, say), a page of its own may load films
 * from its own origin alone.
 */

/** @typedef {(text: string) => any} JsonReader */

const FILES = '/media/';

/**
 * @param {string} baseUrl where the backend is reached
 * @param {string|null} publicUrl what it calls itself
 * @param {string|undefined} [pageOrigin] where the page is from; a program without a page has no origin
 * @returns {JsonReader} `JSON.parse`, with addresses of files below `publicUrl` moved below `baseUrl`, and whole where
 *   the page is from elsewhere
 */
export function readerOf(baseUrl, publicUrl, pageOrigin = globalThis.location?.origin) {
  /** @type {string[]} */
  const moved = [];
  if (publicUrl && publicUrl !== baseUrl) moved.push(publicUrl + FILES);
  if (originOf(baseUrl) !== pageOrigin) moved.push(FILES);
  if (!moved.length) return JSON.parse;
  const read = (/** @type {string} */ name, /** @type {any} */ value) => {
    // Nothing that people write is called so.
    if (typeof value !== 'string' || (name !== 'url' && !name.endsWith('_url'))) return value;
    const start = moved.find((one) => value.startsWith(one));
    return start === undefined ? value : baseUrl + FILES + value.slice(start.length);
  };
  return (text) => JSON.parse(text, moved.some((start) => text.includes(`"${start}`)) ? read : undefined);
}

/** @param {string} url @returns {string} */
function originOf(url) {
  try {
    return new URL(url).origin;
  } catch {
    return '';
  }
}
