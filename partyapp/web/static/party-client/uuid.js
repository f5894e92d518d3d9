// @ts-check
/**
 * Random UUIDs, version 4 (RFC 9562 section 5.4), also where a browser leaves `crypto.randomUUID` out: on plain
 * http at any address but the machine's own, as on a home network.
 */

/**
 * @param {{randomUUID?: () => string, getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => unknown}} [source]
 * @returns {string} in lower case, with hyphens
 */
export function randomUuid(source = globalThis.crypto) {
  if (typeof source.randomUUID === 'function') return source.randomUUID();
  const bytes = new Uint8Array(16);
  source.getRandomValues(bytes);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
