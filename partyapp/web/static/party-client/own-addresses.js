// @ts-check
/**
 * Addresses of files on the backend, where it is reached by another address than the one that it gives itself: at
 * home over the network while others come through a tunnel, say. A page may load films from its own origin alone.
 */

/** @typedef {(text: string) => any} JsonReader */

/**
 * @param {string} baseUrl where the backend is reached
 * @param {string|null} publicUrl what it calls itself
 * @returns {JsonReader} `JSON.parse`, with addresses of files below `publicUrl` moved below `baseUrl`
 */
export function readerOf(baseUrl, publicUrl) {
  if (!publicUrl || publicUrl === baseUrl) return JSON.parse;
  // A value's quote follows a colon; one inside a text is escaped. So what people write is left as it is.
  const theirs = `"${publicUrl}/media/`;
  const ours = `"${baseUrl}/media/`;
  const moved = (/** @type {string} */ text) => text.replaceAll(`:${theirs}`, `:${ours}`).replaceAll(`: ${theirs}`, `: ${ours}`);
  return (text) => JSON.parse(text.includes(theirs) ? moved(text) : text);
}
