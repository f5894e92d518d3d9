/** The party's film changes: the next one is loaded unseen while the one before comes to its end. */

import { FilmPreload, systemScheduler } from '../party-client/index.js';
import { isLoadedToEnd, itemToLoad } from './next-film.js';

const LOOK_MS = 1000;
/** The queue lets go of a film as that begins, and one that isn't in it any more may be shown in a moment, ms. */
const BEGINS_WITHIN_MS = 2000;

export class FilmChange {
  #room;
  #media;
  #preload;
  #addressOf;
  #videoId;
  #itemId = null;
  #goneAtMs = null;

  /** `addressOf(video)` answers an address that a browser can open, or null; `onChange(url)` plays the party's film. */
  constructor({ room, media, addressOf, onChange }) {
    this.#room = room;
    this.#media = media;
    this.#addressOf = addressOf;
    this.#preload = new FilmPreload({ media, scheduler: systemScheduler });
    this.#videoId = room.party.video.id;
    const look = () => {
      const { video, playback } = room.party;
      if (video.id === this.#videoId) return this.#prepare();
      this.#videoId = video.id;
      this.#itemId = this.#goneAtMs = null;
      const url = addressOf(video);
      if (url) this.#preload.cover(url, playback.position_s);
      else this.#preload.remove();
      return onChange(url);
    };
    for (const type of ['welcome', 'event', 'playback', 'queue']) room.on(room.connection, type, look);
    room.every(LOOK_MS, look);
    room.signal.addEventListener('abort', () => this.#preload.remove());
  }

  /** Loads what begins by itself in a moment, where that is a file. */
  #prepare() {
    const { party, connection } = this.#room;
    const items = connection.queue?.items ?? [];
    if (this.#isBeginning(items)) return;
    const durationS = party.video.duration_s ?? Infinity;
    const leftS = durationS - this.#room.positionS(durationS, 0);
    const item = itemToLoad(party, items, { leftS, isLoaded: isLoadedToEnd(this.#media) });
    const url = item ? this.#addressOf(item.video) : null;
    const isFile = url !== null && !new URL(url).pathname.endsWith('.m3u8');
    this.#itemId = item?.id ?? null;
    this.#preload.prepare(isFile ? url : null);
  }

  /** Whether the film that is loaded has just left the queue, as one does that begins. */
  #isBeginning(items) {
    if (this.#itemId === null || items.some(({ id }) => id === this.#itemId)) {
      this.#goneAtMs = null;
      return false;
    }
    this.#goneAtMs ??= performance.now();
    return performance.now() - this.#goneAtMs < BEGINS_WITHIN_MS;
  }
}
