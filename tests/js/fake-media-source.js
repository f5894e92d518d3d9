/**
 * Media Source Extensions in virtual time, as far as a feeder can tell: `tests/browser/test_fed_film.py` holds the
 * feeder to the real one. A segment's bytes say from where to where it goes, as JSON.
 */

class FakeRanges {
  constructor(ranges) {
    this.ranges = ranges;
  }

  get length() {
    return this.ranges.length;
  }

  start(index) {
    return this.ranges[index][0];
  }

  end(index) {
    return this.ranges[index][1];
  }
}

export class FakeSourceBuffer extends EventTarget {
  #ranges = [];

  constructor(source, mimeType) {
    super();
    Object.assign(this, { source, mimeType, updating: false, appended: [], inits: 0, removed: [], timestampOffset: 0 });
  }

  get buffered() {
    return new FakeRanges(this.#ranges);
  }

  get heldS() {
    return this.#ranges.reduce((sum, [from, to]) => sum + to - from, 0);
  }

  appendBuffer(data) {
    const { init, from, to } = JSON.parse(new TextDecoder().decode(data));
    this.#begin();
    if (!init && this.inits === 0) throw new Error('no init segment');
    if (this.source.readyState !== 'open') throw new Error('an append after the end');
    if (!init && this.heldS + to - from > this.source.capacityS) {
      this.updating = false;
      throw Object.assign(new Error('full'), { name: 'QuotaExceededError' });
    }
    this.#later(() => {
      if (init) this.inits += 1;
      else {
        this.appended.push(from);
        this.#add(from, to);
      }
    });
  }

  remove(from, to) {
    this.#begin();
    this.removed.push([from, to]);
    this.#later(() => this.drop(from, to));
  }

  /** The browser drops a part of its own accord. */
  drop(from, to) {
    this.#ranges = this.#ranges.flatMap(([start, end]) => [[start, Math.min(end, from)], [Math.max(start, to), end]])
      .filter(([start, end]) => end > start);
  }

  #begin() {
    if (this.updating) throw Object.assign(new Error('busy'), { name: 'InvalidStateError' });
    this.updating = true;
  }

  #later(act) {
    this.source.time.scheduler.setTimeout(() => {
      if (this.source.readyState === 'closed') return;
      act();
      this.updating = false;
      this.dispatchEvent(new Event('updateend'));
    }, 5);
  }

  #add(from, to) {
    const all = [...this.#ranges, [from, to]].sort(([one], [other]) => one - other);
    this.#ranges = [];
    for (const [start, end] of all) {
      const last = this.#ranges.at(-1);
      if (last && start <= last[1] + 0.001) last[1] = Math.max(last[1], end);
      else this.#ranges.push([start, end]);
    }
  }
}

/** A class of sources on this time, and those that were made of it. */
export function fakeMediaSource(time, { capacityS = Infinity } = {}) {
  const made = [];
  class FakeMediaSource extends EventTarget {
    constructor() {
      super();
      Object.assign(this, { time, capacityS, readyState: 'closed', duration: NaN, sourceBuffers: [], ends: 0 });
      made.push(this);
      time.scheduler.setTimeout(() => {
        this.readyState = 'open';
        this.dispatchEvent(new Event('sourceopen'));
      }, 1);
    }

    addSourceBuffer(mimeType) {
      if (mimeType.includes('unknown')) throw Object.assign(new Error('no'), { name: 'NotSupportedError' });
      this.sourceBuffers.push(new FakeSourceBuffer(this, mimeType));
      return this.sourceBuffers.at(-1);
    }

    /** The browser lets it go, whatever is under way. */
    close() {
      this.readyState = 'closed';
      this.dispatchEvent(new Event('sourceclose'));
    }

    endOfStream() {
      this.ends += 1;
      this.readyState = 'ended';
    }
  }
  return { Source: FakeMediaSource, made };
}

/** Without a stream, which would take real time. */
function answer(text) {
  return { ok: true, status: 200, arrayBuffer: async () => new TextEncoder().encode(text).buffer };
}

/** A film on a server: `ready` segments of 2 s of `whole`, of which `fails` requests of each answer 503 first. */
export class FakeSegments {
  constructor({ ready = 5, whole = 5, codecs = 'avc1.64001f,mp4a.40.2' } = {}) {
    // In segment `hole.number` the first `hole.s` are missing.
    Object.assign(this, { ready, whole, codecs, asked: [], fails: 0, hole: null, delayMs: 0 });
  }

  fetch = async (url) => {
    this.asked.push(url);
    if (this.fails > 0) {
      this.fails -= 1;
      return { ok: false, status: 503 };
    }
    const { pathname } = new URL(url);
    if (pathname.endsWith('film.m3u8')) return answer(this.#film());
    if (pathname.endsWith('.m3u8')) return answer(this.#list(pathname.includes('sound') ? 'a' : 'v'));
    if (pathname.endsWith('init.mp4')) return answer('{"init":true}');
    const number = Number(/(\d+)\.m4s$/.exec(pathname)[1]);
    if (this.delayMs > 0) await new Promise((done) => { this.scheduler.setTimeout(done, this.delayMs); });
    const missingS = this.hole?.number === number ? this.hole.s : 0;
    return answer(JSON.stringify({ from: number * 2 + missingS, to: number * 2 + 2 }));
  };

  #film() {
    return ['#EXTM3U', '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="German, stereo",DEFAULT=YES,URI="sound.m3u8"',
      `#EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS="${this.codecs}",AUDIO="a"`, 'picture.m3u8', ''].join('\n');
  }

  #list(name) {
    const lines = ['#EXTM3U', '#EXT-X-TARGETDURATION:2', '#EXT-X-PLAYLIST-TYPE:EVENT', `#EXT-X-MAP:URI="${name}-init.mp4"`];
    for (let number = 0; number < this.ready; number += 1) lines.push('#EXTINF:2.000,', `${name}-${number}.m4s`);
    return [...lines, ...(this.ready === this.whole ? ['#EXT-X-ENDLIST'] : []), ''].join('\r\n');
  }
}
