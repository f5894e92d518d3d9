/** The party's film changes: the next one is loaded unseen while its countdown runs. */

import { FilmPreload, systemScheduler } from '../party-client/index.js';

export class FilmChange {
  #room;
  #preload;
  #addressOf;
  #videoId;

  /** `addressOf(video)` answers an address that a browser can open, or null; `onChange(url)` plays the party's film. */
  constructor({ room, media, addressOf, onChange }) {
    this.#room = room;
    this.#addressOf = addressOf;
    this.#preload = new FilmPreload({ media, scheduler: systemScheduler });
    this.#videoId = room.party.video.id;
    const look = () => {
      const { video, playback } = room.party;
      if (video.id === this.#videoId) return this.#prepare();
      this.#videoId = video.id;
      const url = addressOf(video);
      if (url) this.#preload.cover(url, playback.position_s);
      else this.#preload.remove();
      return onChange(url);
    };
    for (const type of ['welcome', 'event', 'playback', 'queue']) room.on(room.connection, type, look);
    room.signal.addEventListener('abort', () => this.#preload.remove());
  }

  /** Loads what begins by itself in a moment, where that is a file. */
  #prepare() {
    const { next } = this.#room.party.playback;
    const item = next && this.#room.connection.queue?.items.find(({ id }) => id === next.item_id);
    const url = item ? this.#addressOf(item.video) : null;
    const isFile = url !== null && !new URL(url).pathname.endsWith('.m3u8');
    // At the instant of the change the queue has let go of it already.
    if (next && !item && this.#preload.url) return;
    this.#preload.prepare(isFile ? url : null);
  }
}
