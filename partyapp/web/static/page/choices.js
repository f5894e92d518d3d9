/**
 * What each person chooses for themselves: subtitles, their delay and size, the sound's language, the picture's
 * quality. The party hears nothing of it; the browser remembers it.
 */

import { RenditionChoice } from '../party-client/index.js';
import { el, setText } from './dom.js';
import { showNotice } from './notices.js';
import { loadChoices, loadSubtitleDelay, saveChoices, saveSubtitleDelay, SUBTITLE_SIZES } from './storage.js';
import { Subtitles } from './subtitles.js';
import {
  AUTOMATIC,
  OFF,
  chosenSound,
  chosenSubtitles,
  clampDelay,
  delayText,
  sourceLabel,
  sourceOfHeight,
  sourcesOf,
  subtitlesToTurnOn,
} from './track-choice.js';

const LOOK_MS = 1000;
const DELAY_STEP_S = 0.1;
const SIZE_TEXTS = { small: 'Small', usual: 'Usual', large: 'Large', huge: 'Huge' };
const UNNAMED = 'Unnamed';

export class Choices {
  #room;
  #player;
  #subtitles;
  #sources = [];
  #rendition = null;
  #playedUrl = null;
  #filled = '';

  constructor(room, player) {
    this.#room = room;
    this.#player = player;
    this.#subtitles = new Subtitles(player.media);
    this.#subtitles.onFailed = (label) => {
      showNotice(`The subtitles “${label}” could not be loaded.`);
      this.draw();
    };
    player.addressOf = (video) => (video.id === this.#video.id ? this.#addressNow() : addressAtFirst(video));
    this.#listen();
    this.#applySize();
    room.every(LOOK_MS, () => this.#look());
    this.draw();
  }

  get #video() {
    return this.#room.party.video;
  }

  get #tracks() {
    return (this.#video.subtitles ?? []).filter(({ url }) => url);
  }

  get #sound() {
    return chosenSound(this.#video.audio_tracks ?? [], loadChoices().sound);
  }

  get #languages() {
    return navigator.languages ?? [navigator.language];
  }

  /** Brings the menu and the player in line with the film and with what is remembered. */
  draw() {
    this.#takeSources();
    this.#showSubtitles();
    this.#fill();
    const { height, size } = loadChoices();
    this.#list('subtitles').value = this.#subtitles.shown ?? OFF;
    this.#list('sound').value = this.#sound?.id ?? '';
    this.#list('quality').value = height === null ? AUTOMATIC : (sourceOfHeight(this.#sources, height)?.url ?? AUTOMATIC);
    this.#list('subtitle-size').value = size;
    setText(this.#room.part('subtitle-delay'), delayText(this.#subtitles.delayS));
    this.#room.part('choose').dataset.subtitles = this.#subtitles.shown === null ? 'off' : 'on';
  }

  /** Turns the subtitles on or off. False where the film has none. */
  toggleSubtitles() {
    const tracks = this.#tracks;
    if (tracks.length === 0) return false;
    const on = this.#subtitles.shown === null;
    this.#chooseSubtitles(on ? subtitlesToTurnOn(tracks, loadChoices().subtitles, this.#languages) : null);
    showNotice(on ? `Subtitles: ${tracks.find(({ id }) => id === this.#subtitles.shown)?.label}` : 'Subtitles off');
    return true;
  }

  #list(name) {
    return this.#room.part(`choose-${name}`);
  }

  #listen() {
    const { part, on } = { part: (name) => this.#room.part(name), on: this.#room.on.bind(this.#room) };
    const cover = part('choices-cover');
    on(part('choose'), 'click', () => this.#open(cover.hidden));
    on(part('close-choices'), 'click', () => this.#open(false));
    on(cover, 'click', (event) => event.target === cover && this.#open(false));
    on(cover, 'keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      this.#open(false);
    });
    on(this.#list('subtitles'), 'change', ({ target }) =>
      this.#chooseSubtitles(this.#tracks.find(({ id }) => id === target.value) ?? null),
    );
    on(this.#list('sound'), 'change', ({ target }) => {
      const { language, label } = this.#video.audio_tracks.find(({ id }) => id === target.value);
      this.#choose({ sound: { language, label } });
    });
    on(this.#list('quality'), 'change', ({ target }) => {
      const source = this.#sources.find(({ url }) => url === target.value);
      this.#choose({ height: source?.height ?? null });
    });
    on(this.#list('subtitle-size'), 'change', ({ target }) => {
      this.#choose({ size: target.value });
      this.#applySize();
    });
    on(part('subtitles-earlier'), 'click', () => this.#delay(this.#subtitles.delayS - DELAY_STEP_S));
    on(part('subtitles-later'), 'click', () => this.#delay(this.#subtitles.delayS + DELAY_STEP_S));
    on(part('subtitle-delay'), 'click', () => this.#delay(0));
    for (const type of ['welcome', 'event', 'video']) on(this.#room.connection, type, () => this.draw());
  }

  #open(open) {
    const cover = this.#room.part('choices-cover');
    if (cover.hidden === !open) return;
    cover.hidden = !open;
    this.#room.part('choose').setAttribute('aria-expanded', String(open));
    if (open) this.draw();
    const first = cover.querySelector('label:not([hidden]) select') ?? this.#room.part('close-choices');
    (open ? first : this.#room.part('choose')).focus({ preventScroll: true });
  }

  #choose(changes) {
    saveChoices(changes);
    this.draw();
    this.#player.changeAddress();
  }

  #chooseSubtitles(track) {
    const meant = track ? { language: track.language, label: track.label } : OFF;
    saveChoices({ subtitles: meant });
    this.draw();
  }

  #showSubtitles() {
    const { subtitles } = loadChoices();
    const tracks = this.#tracks;
    const track = chosenSubtitles(tracks, subtitles, this.#languages, this.#sound?.language);
    this.#subtitles.show(track, this.#video.id);
    this.#subtitles.delayS = loadSubtitleDelay(this.#video.id);
  }

  #delay(seconds) {
    saveSubtitleDelay(this.#video.id, clampDelay(seconds));
    this.draw();
  }

  #applySize() {
    this.#room.part('screen').dataset.subtitleSize = loadChoices().size;
  }

  /** The menu's lists, filled anew when the film has other tracks or sources. */
  #fill() {
    const sounds = this.#video.audio_tracks ?? [];
    const filled = JSON.stringify([this.#tracks, sounds, this.#sources]);
    if (filled === this.#filled) return;
    this.#filled = filled;
    const named = ({ id, label, language }) => option(id, label || language || UNNAMED);
    this.#list('subtitles').replaceChildren(option(OFF, 'Off'), ...this.#tracks.map(named));
    this.#list('sound').replaceChildren(...sounds.map(named));
    const qualities = this.#sources.map((source) => option(source.url, sourceLabel(source)));
    this.#list('quality').replaceChildren(option(AUTOMATIC, 'Automatic'), ...qualities);
    this.#list('subtitle-size').replaceChildren(...SUBTITLE_SIZES.map((size) => option(size, SIZE_TEXTS[size])));
    this.#show('for-subtitles', this.#tracks.length > 0);
    this.#show('for-sound', sounds.length > 1);
    this.#show('for-quality', this.#sources.length > 1);
    this.#room.part('choose').hidden = this.#tracks.length === 0 && sounds.length < 2 && this.#sources.length < 2;
  }

  #show(name, shown) {
    for (const row of this.#room.view.querySelectorAll(`[data-choice="${name}"]`)) row.hidden = !shown;
  }

  #takeSources() {
    const sources = sourcesOf(this.#video, this.#sound);
    if (sources.map(({ url }) => url).join() === this.#sources.map(({ url }) => url).join()) return;
    this.#sources = sources;
    this.#rendition = sources.length > 1 ? new RenditionChoice(sources, here()) : null;
  }

  /** Where the player is to get the film from now; the video's own address where there is no choice. */
  #addressNow() {
    this.#takeSources();
    return addressOf(this.#video, this.#sources, this.#rendition);
  }

  #look() {
    const { media } = this.#player;
    if (!this.#rendition || loadChoices().height !== null || media.readyState === 0) return;
    // What is loaded now is of two sources, and the picture still that of the one before.
    if (this.#player.isChanging) return;
    if (media.currentSrc !== this.#playedUrl) {
      this.#playedUrl = media.currentSrc;
      this.#rendition.begin();
    }
    const changed = this.#rendition.look({
      nowMs: performance.now(),
      ...loadedOf(media),
      loading: media.networkState === HTMLMediaElement.NETWORK_LOADING,
      waiting: !media.paused && !media.seeking && media.readyState < HTMLMediaElement.HAVE_FUTURE_DATA,
    });
    if (changed) this.#player.changeAddress();
  }
}

/** Where a film is to be had from that the party doesn't show yet: as `#addressNow` answers when it begins. */
function addressAtFirst(video) {
  const sources = sourcesOf(video, chosenSound(video.audio_tracks ?? [], loadChoices().sound));
  return addressOf(video, sources, sources.length > 1 ? new RenditionChoice(sources, here()) : null);
}

function addressOf(video, sources, rendition) {
  const { height } = loadChoices();
  const source = height === null ? (rendition?.source ?? sources[0]) : sourceOfHeight(sources, height);
  return source?.url ?? video.playback_url;
}

function option(value, text) {
  return el('option', { value }, text);
}

function loadedOf({ buffered, currentTime }) {
  let loadedS = 0;
  let bufferedS = 0;
  for (let index = 0; index < buffered.length; index += 1) {
    const [start, end] = [buffered.start(index), buffered.end(index)];
    loadedS += end - start;
    if (start <= currentTime + 0.1 && end > currentTime) bufferedS = end - currentTime;
  }
  return { loadedS, bufferedS };
}

/** What the browser knows. Its guess of the network (`downlink`) is 1.35 Mbit/s beside the server: no help. */
function here() {
  return {
    screenWidth: Math.max(window.screen.width, window.screen.height) * (window.devicePixelRatio || 1),
    downlink: navigator.connection?.saveData ? 0 : null,
  };
}
