/**
 * The films of the start page: what one adds now on top, below it what is here already, with a search. It follows
 * uploads and what is being prepared. Dispatches `chosen` when another film is, or what can be done with one changes.
 */

import { SEARCH_MS } from './dom.js';
import { showAlert, showNews } from './notices.js';
import { FilmEntry } from './film-entry.js';
import { filmRow } from './film-row.js';
import { fillList } from './paged-list.js';

/** What is being prepared is asked for so often, ms; */
const POLL_MS = 1000;
/** so many at once at most, those first that one waits for. */
const POLL_MOST = 4;
/** Of a list that fits on a page at a glance nothing has to be looked for. */
const FEW = 6;
/** "Mine" is picked out of all: so many pages are read at one press at most. */
const PAGES_MOST = 10;

const NONE = 'No film is here yet. Drop one, or paste an address.';
const NONE_FOUND = 'No film fits that.';

export class FilmList extends EventTarget {
  #parts;
  #form;
  #box;
  #own;
  #search;
  #kind;
  #timer = null;
  /** Films by id: a row of one that is known already is no second one. @type {Map<string, FilmEntry>} */
  #entries = new Map();
  /** Those on top. @type {Set<FilmEntry>} */
  #pinned = new Set();
  /** By the value of their radio buttons. @type {Map<string, FilmEntry>} */
  #byValue = new Map();

  /** `{form, session, uploads, actions}`; `actions` are FilmActions. */
  constructor(parts) {
    super();
    this.#parts = parts;
    this.#form = parts.form;
    this.#box = this.#form.querySelector('[data-part=films]');
    this.#own = this.#form.querySelector('[data-part=own-films]');
    this.#search = this.#form.querySelector('[data-testid=search-films]');
    this.#kind = this.#form.querySelector('[data-testid=film-kind]');
    this.#form.addEventListener('change', ({ target }) => {
      if (target.name === 'video') this.dispatchEvent(new Event('chosen'));
    });
    this.#search.addEventListener('input', () => {
      window.clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => void this.fill(), SEARCH_MS);
    });
    this.#search.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') event.preventDefault();
    });
    this.#kind.addEventListener('change', () => void this.fill());
  }

  /** The film whose button is pressed, or null. @returns {FilmEntry|null} */
  get chosen() {
    const input = this.#form.querySelector('[name=video]:checked');
    const entry = (input && this.#byValue.get(input.value)) ?? null;
    // The row of one that has just failed is drawn a moment later.
    return entry?.canBeChosen ? entry : null;
  }

  /** Shows all that there is, and follows it until the signal ends it. */
  async open(signal) {
    const { uploads } = this.#parts;
    for (const upload of uploads.list) if (upload.state !== 'done') this.addUpload(upload);
    for (const unfinished of uploads.unfinished) this.#pin(new FilmEntry({ unfinished }));
    await this.fill();
    const again = async () => {
      if (signal.aborted) return;
      await this.#poll();
      window.setTimeout(() => void again(), POLL_MS);
    };
    void again();
  }

  /** Shows what fits the search. */
  async fill() {
    const q = this.#search.value.trim();
    const kind = this.#kind.value;
    const isNarrowed = Boolean(q || kind);
    const list = await fillList(this.#box, {
      fetchPage: (cursor) => this.#page(kind, { ...(q ? { q } : {}), ...(cursor ? { cursor } : {}) }),
      rowOf: (video) => this.#rowOf(video),
      listClass: 'video-list',
      emptyText: isNarrowed ? NONE_FOUND : NONE,
    });
    const isLong = (list?.childElementCount ?? 0) > FEW;
    if (isLong || isNarrowed) this.#form.querySelector('[data-part=film-search]').hidden = false;
    if (!this.chosen) this.#form.querySelector('[name=video]:not(:disabled)')?.click();
    this.dispatchEvent(new Event('chosen'));
  }

  /** A file that is on its way. @returns {FilmEntry} */
  addUpload(upload) {
    const known = [...this.#pinned].find((entry) => (entry.upload ?? entry.unfinished)?.key === upload.key);
    if (known?.upload === upload) return known;
    known?.leave();
    const entry = new FilmEntry({ upload });
    this.#pin(entry);
    upload.addEventListener('change', () => {
      if (upload.state === 'done') void this.#arrived(entry, upload.videoId).catch(showAlert);
    });
    return entry;
  }

  /** A film that is here now. */
  addVideo(video) {
    const entry = this.#entryOf(video);
    this.#pin(entry);
    this.choose(entry);
    return entry;
  }

  choose(entry) {
    const input = [...this.#form.querySelectorAll('[name=video]')].find(({ value }) => value === entry.value);
    if (!input || input.disabled) return;
    input.checked = true;
    input.closest('.film').scrollIntoView({ block: 'nearest' });
    this.dispatchEvent(new Event('chosen'));
  }

  /** "Mine" is no kind of the server's. */
  async #page(kind, query) {
    const { films } = this.#parts.session.api;
    if (kind !== 'mine') return films.list(kind ? { ...query, kind } : query);
    const mine = [];
    let { cursor } = query;
    for (let pages = 0; pages < PAGES_MOST; pages += 1) {
      const page = await films.list({ ...query, limit: 100, cursor });
      mine.push(...page.items.filter((video) => video.owner_id === this.#parts.session.user.id));
      cursor = page.next_cursor ?? undefined;
      if (!cursor || mine.length > FEW) break;
    }
    return { items: mine, next_cursor: cursor ?? null };
  }

  #entryOf(video) {
    const known = this.#entries.get(video.id);
    if (known) {
      known.update(video);
      return known;
    }
    const entry = new FilmEntry({ video });
    this.#know(entry);
    return entry;
  }

  /** Null for one that is on top already. */
  #rowOf(video) {
    const entry = this.#entryOf(video);
    if (this.#pinned.has(entry)) return null;
    const isChosen = this.chosen === entry;
    const row = this.#draw(entry);
    row.querySelector('input').checked = isChosen;
    return row;
  }

  #draw(entry) {
    const { session, actions } = this.#parts;
    return filmRow(entry, { userId: session.user.id, actions });
  }

  #pin(entry) {
    this.#know(entry);
    if (this.#pinned.has(entry)) return;
    this.#pinned.add(entry);
    this.#own.prepend(this.#draw(entry));
    // The same film further below is this one.
    this.#box.querySelector(`[data-video-id="${CSS.escape(entry.value)}"]`)?.closest('.film').remove();
  }

  #know(entry) {
    const isNew = this.#byValue.get(entry.value) !== entry;
    if (entry.video) this.#entries.set(entry.video.id, entry);
    this.#byValue.set(entry.value, entry);
    if (!isNew || entry.isFollowed) return;
    entry.isFollowed = true;
    entry.addEventListener('change', () => this.dispatchEvent(new Event('chosen')));
    entry.addEventListener('gone', () => {
      this.#pinned.delete(entry);
      this.#entries.delete(entry.video?.id);
      this.#byValue.delete(entry.value);
      this.dispatchEvent(new Event('chosen'));
    });
  }

  /** An upload became a film: the same row goes on, and stays chosen. */
  async #arrived(entry, videoId) {
    if (videoId === null) {
      entry.leave();
      return this.fill();
    }
    const video = await this.#parts.session.api.films.get(videoId);
    entry.update(video);
    this.#know(entry);
    this.#box.querySelector(`[data-video-id="${CSS.escape(videoId)}"]`)?.closest('.film').remove();
  }

  async #poll() {
    // What can be watched already may still get its pictures, and smaller renditions.
    const isUnderWay = ({ stage, video }) =>
      stage === 'preparing' || stage === 'uploading' || (stage === 'playable' && video?.transcode_job?.state === 'running');
    const { chosen } = this;
    const waiting = [...new Set([chosen, ...this.#pinned, ...this.#entries.values()])];
    const asked = waiting.filter((entry) => entry && isUnderWay(entry)).slice(0, POLL_MOST);
    await Promise.all(asked.map((entry) => this.#refresh(entry)));
  }

  async #refresh(entry) {
    try {
      const video = await this.#parts.session.api.films.get(entry.video.id);
      const before = entry.stage;
      entry.update(video);
      if (entry.stage === before) return;
      if (entry.stage === 'failed') showAlert(`“${entry.title}”: ${entry.progress.text}`);
      else if (entry.stage === 'playable') showNews(`“${entry.title}” is ready`);
    } catch (error) {
      // Deleted meanwhile; anything else is asked again in a moment.
      if (error?.status === 404) entry.leave();
    }
  }
}
