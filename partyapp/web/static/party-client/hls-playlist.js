// @ts-check
/**
 * The playlists of a film that is being prepared, as far as our own have parts (RFC 8216): one list of lists with
 * a picture and a group of sounds, and for each of them a list of fragments of MP4 that grows until `EXT-X-ENDLIST`.
 */

/** @typedef {{url: string, startS: number, durationS: number, range: string|null}} Segment range: of bytes */
/** @typedef {{initUrl: string, initRange: string|null, segments: Segment[], isWhole: boolean}} SegmentList */
/** @typedef {{url: string, mimeType: string}} TrackAddress */

const PICTURE_CODEC = /^(avc|hvc|hev|vp0?9|av01)/;

/** @param {string} line after the colon @returns {Record<string, string>} */
function attributesOf(line) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const [, name, quoted, plain] of line.matchAll(/([A-Z0-9-]+)=(?:"([^"]*)"|([^,]*))/g)) {
    found[name] = quoted ?? plain;
  }
  return found;
}

/** @param {string} text @returns {string[]} */
function linesOf(text) {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
  if (lines[0] !== '#EXTM3U') throw new SyntaxError('this is no playlist');
  return lines;
}

/**
 * The tracks of the first (best) variant, each to be put into a buffer of its own.
 * @param {string} text
 * @param {string} baseUrl the playlist's own address
 * @returns {TrackAddress[]}
 * @throws {SyntaxError} for what is no such playlist
 */
export function tracksOf(text, baseUrl) {
  const lines = linesOf(text);
  const at = lines.findIndex((line) => line.startsWith('#EXT-X-STREAM-INF:'));
  const uri = lines.slice(at + 1).find((line) => !line.startsWith('#'));
  if (at < 0 || !uri) throw new SyntaxError('this playlist has no film');
  const variant = attributesOf(lines[at]);
  const codecs = (variant.CODECS ?? '').split(',').map((codec) => codec.trim()).filter(Boolean);
  const pictures = codecs.filter((codec) => PICTURE_CODEC.test(codec));
  const sounds = codecs.filter((codec) => !PICTURE_CODEC.test(codec));
  const group = lines.filter((line) => line.startsWith('#EXT-X-MEDIA:')).map(attributesOf)
    .filter((media) => media.TYPE === 'AUDIO' && media['GROUP-ID'] === variant.AUDIO && media.URI);
  const sound = group.find(({ DEFAULT }) => DEFAULT === 'YES') ?? group[0];
  /** @type {TrackAddress[]} */
  const found = [];
  const add = (/** @type {string} */ kind, /** @type {string} */ address, /** @type {string[]} */ names) => found.push({
    url: new URL(address, baseUrl).href, mimeType: `${kind}/mp4; codecs="${names.join(',')}"`,
  });
  if (pictures.length > 0) add('video', uri, sound ? pictures : codecs);
  else add('audio', uri, codecs);
  if (sound && pictures.length > 0) add('audio', sound.URI, sounds);
  return found;
}

/**
 * @param {string} value as in `1024@2048`
 * @param {number} next where the last range ended
 * @returns {{range: string, end: number}}
 */
function rangeOf(value, next) {
  const [length, offset] = value.split('@');
  const first = offset === undefined ? next : Number(offset);
  return { range: `bytes=${first}-${first + Number(length) - 1}`, end: first + Number(length) };
}

/**
 * @param {string} text
 * @param {string} baseUrl the playlist's own address
 * @returns {SegmentList}
 * @throws {SyntaxError} for what is no such playlist
 */
export function segmentsOf(text, baseUrl) {
  /** @type {SegmentList} */
  const found = { initUrl: '', initRange: null, segments: [], isWhole: false };
  let durationS = 0;
  let startS = 0;
  let end = 0;
  /** @type {string|null} */
  let range = null;
  for (const line of linesOf(text)) {
    if (line.startsWith('#EXT-X-MAP:')) {
      const { URI, BYTERANGE } = attributesOf(line);
      found.initUrl = new URL(URI, baseUrl).href;
      found.initRange = BYTERANGE ? rangeOf(BYTERANGE, 0).range : null;
    } else if (line.startsWith('#EXTINF:')) {
      durationS = Number.parseFloat(line.slice(8));
    } else if (line.startsWith('#EXT-X-BYTERANGE:')) {
      ({ range, end } = rangeOf(line.slice(17), end));
    } else if (line === '#EXT-X-ENDLIST') {
      found.isWhole = true;
    } else if (!line.startsWith('#')) {
      if (!(durationS > 0)) throw new SyntaxError('a segment without a length');
      found.segments.push({ url: new URL(line, baseUrl).href, startS, durationS, range });
      startS += durationS;
      [durationS, range] = [0, null];
    }
  }
  if (!found.initUrl) throw new SyntaxError('this playlist has no EXT-X-MAP');
  return found;
}
