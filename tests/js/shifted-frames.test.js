/** A browser that shows the frames of fragments with B-frames late. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasNegativeOffsets } from '../../partyapp/web/static/party-client/fragment-offsets.js';
import { SegmentTrack } from '../../partyapp/web/static/party-client/segment-track.js';
import { VirtualTime } from './virtual-time.js';

function box(name, ...contents) {
  const bytes = contents.flatMap((content) => [...content]);
  const head = new DataView(new ArrayBuffer(8));
  head.setUint32(0, bytes.length + 8);
  [...name].forEach((letter, index) => head.setUint8(4 + index, letter.charCodeAt(0)));
  return [...new Uint8Array(head.buffer), ...bytes];
}

/** A fragment whose frames are shown so many ticks after they are decoded; `flags` of its `trun`. */
function fragment(offsets, { version = 1, flags = 0xb01 } = {}) {
  const words = [(version << 24) | flags, offsets.length, ...(flags & 1 ? [0] : []), ...(flags & 4 ? [0] : [])];
  for (const offset of offsets) {
    for (const flag of [0x100, 0x200, 0x400]) if (flags & flag) words.push(7);
    if (flags & 0x800) words.push(offset);
  }
  const view = new DataView(new ArrayBuffer(4 * words.length));
  words.forEach((word, index) => view.setInt32(4 * index, word));
  const run = box('trun', new Uint8Array(view.buffer));
  return new Uint8Array([...box('moof', box('mfhd', [0, 0, 0, 0]), box('traf', box('tfhd', [0]), run)), ...box('mdat', [1, 2])]).buffer;
}

test('negative composition offsets are found, and nothing else is taken for them', () => {
  for (const flags of [0x800, 0xb01, 0xf05, 0x804]) {
    assert.equal(hasNegativeOffsets(fragment([0, 512, -512], { flags })), true, `${flags}`);
    assert.equal(hasNegativeOffsets(fragment([0, 512, 0], { flags })), false);
  }
  assert.equal(hasNegativeOffsets(fragment([0, -1], { version: 0 })), false, 'without a sign it is a large one');
  assert.equal(hasNegativeOffsets(fragment([], { flags: 0x301 })), false);
  const whole = fragment([0, 512, -512]);
  for (let length = 0; length < whole.byteLength - 10; length += 1) {
    assert.equal(hasNegativeOffsets(whole.slice(0, length)), false, 'cut off, it says nothing');
  }
  assert.equal(hasNegativeOffsets(new ArrayBuffer(64)), false);
});

/** Segments of 2 s, which the buffer shows `shiftS` late. */
function setUp({ shiftS, data = fragment([0, 512, -512]) }) {
  const time = new VirtualTime();
  const ranges = [];
  const appended = [];
  const buffer = Object.assign(new EventTarget(), {
    updating: false, timestampOffset: 0, buffered: { get length() { return ranges.length; }, start: (at) => ranges[at][0], end: (at) => ranges[at][1] },
    appendBuffer() {
      const { number } = asked.at(-1);
      if (number !== null) {
        const start = number * 2 + this.timestampOffset;
        appended.push([number, this.timestampOffset]);
        ranges.splice(0, ranges.length, [Math.min(ranges[0]?.[0] ?? Infinity, number === 0 ? 0 : start + shiftS), start + 2 + shiftS]);
      }
      time.scheduler.setTimeout(() => this.dispatchEvent(new Event('updateend')), 1);
    },
    remove() {
      ranges.length = 0;
      time.scheduler.setTimeout(() => this.dispatchEvent(new Event('updateend')), 1);
    },
  });
  const asked = [];
  const fetchPart = async (url) => {
    if (url.endsWith('.m3u8')) {
      const lines = ['#EXTM3U', '#EXT-X-MAP:URI="init.mp4"'];
      for (let number = 0; number < 60; number += 1) lines.push('#EXTINF:2.000,', `${number}.m4s`);
      return new TextEncoder().encode(lines.join('\n')).buffer;
    }
    asked.push({ number: url.endsWith('init.mp4') ? null : Number(/(\d+)\.m4s$/.exec(url)[1]) });
    return data;
  };
  return { time, appended, ranges, track: new SegmentTrack({ buffer, url: 'https://party.test/picture.m3u8', fetchPart }) };
}

async function steps({ time, track }, placeS, times) {
  await track.refresh();
  for (let step = 0; step < times; step += 1) {
    const done = track.step(() => placeS);
    await time.advance(20);
    await done;
  }
}

for (const [what, given, offsets] of [
  ['shows frames with B-frames late', { shiftS: 0.04 }, [[10, 0], [10, -0.04], [11, -0.04], [12, -0.04]]],
  ['shows them on time', { shiftS: 0 }, [[10, 0], [11, 0], [12, 0], [13, 0]]],
  ['ends a film without B-frames a little late', { shiftS: 0.04, data: fragment([0, 512]) }, [[10, 0], [11, 0], [12, 0], [13, 0]]],
]) {
  test(`a browser that ${what}`, async () => {
    const parts = setUp(given);
    await steps(parts, 20.5, 5);
    const rounded = parts.appended.map(([number, offset]) => [number, Math.round(offset * 1e6) / 1e6 || 0]);
    assert.deepEqual(rounded.slice(0, 4), offsets);
  });
}

test('the first segment stays where it is, since its first frame would be dropped before the start', async () => {
  const parts = setUp({ shiftS: 0.04 });
  await steps(parts, 0, 4);
  const rounded = parts.appended.map(([number, offset]) => [number, Math.round(offset * 1e6) / 1e6 || 0]);
  assert.deepEqual(rounded, [[0, 0], [1, -0.04], [2, -0.04]]);
});
