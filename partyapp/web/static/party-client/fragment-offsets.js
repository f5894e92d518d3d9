// @ts-check
/** What fragments of MP4 say of the times of their frames (ISO/IEC 14496-12, `moof`, `traf`, `trun`). */

const HEADER_BYTES = 8;
const [HAS_DATA_OFFSET, HAS_FIRST_FLAGS, HAS_COMPOSITION] = [0x1, 0x4, 0x800];
/** Duration, size and flags of a frame, which stand before its composition offset. */
const BEFORE = [0x100, 0x200, 0x400];

/**
 * @param {DataView} view
 * @param {string} wanted @param {number} from @param {number} to
 * @returns {Generator<[number, number]>} where the content of each such box begins and ends
 */
function* boxes(view, wanted, from, to) {
  for (let at = from; at + HEADER_BYTES <= to;) {
    const size = view.getUint32(at);
    const name = String.fromCharCode(...[4, 5, 6, 7].map((byte) => view.getUint8(at + byte)));
    if (size < HEADER_BYTES || at + size > to) return;
    if (name === wanted) yield [at + HEADER_BYTES, at + size];
    at += size;
  }
}

/** @param {DataView} view @param {number} at @param {number} end @returns {boolean} */
function isEarly(view, at, end) {
  if (end - at < HEADER_BYTES) return false;
  const flags = view.getUint32(at) & 0xffffff;
  if (view.getUint8(at) === 0 || !(flags & HAS_COMPOSITION)) return false;
  const before = 4 * BEFORE.filter((flag) => flags & flag).length;
  let frame = at + 8 + (flags & HAS_DATA_OFFSET ? 4 : 0) + (flags & HAS_FIRST_FLAGS ? 4 : 0);
  for (; frame + before + 4 <= end; frame += before + 4) if (view.getInt32(frame + before) < 0) return true;
  return false;
}

/**
 * @param {ArrayBuffer} data
 * @returns {boolean} whether a frame is shown before the time at which it says to be decoded
 */
export function hasNegativeOffsets(data) {
  const view = new DataView(data);
  for (const [from, to] of boxes(view, 'moof', 0, data.byteLength)) {
    for (const [first, last] of boxes(view, 'traf', from, to)) {
      for (const [at, end] of boxes(view, 'trun', first, last)) if (isEarly(view, at, end)) return true;
    }
  }
  return false;
}
