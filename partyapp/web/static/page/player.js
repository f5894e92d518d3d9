/**
 * The player: the one `<video>` and the follower that keeps it in sync, the click that a browser may require,
 * the spinner, and the text when a video can't be played.
 */

import { PlaybackFollower, probeMedia } from '../party-client/index.js';
import { fileUrl, isSameFile } from './addresses.js';
import { setText } from './dom.js';
import { FilmChange } from './film-change.js';
import { FilmSource } from './film-source.js';
import { showAlert } from './notices.js';
import { loadTrim } from './storage.js';
import { DAMAGED_TEXT, mediaErrorText, mediaFaultText, UNFED_TEXT, UNSEEKABLE_TEXT } from './media-text.js';
import { skewText } from './text.js';

/** The clock is estimated best on an idle connection; the video waits for that, but no longer than this. */
const CLOCK_HEAD_START_MS = 1500;
const CLOCK_SAMPLES = 5;
/** Media events after which it may be loading, or not any more. */
const LOADING_EVENTS = 'waiting stalled seeking seeked playing canplay timeupdate pause ended error'.split(' ');
/** At first it is loaded again at once: an address that the store answers has ended, and the next request gets a new one. */
const FIRST_RETRY_MS = 100;
const SECOND_RETRY_MS = 3000;
const LONGEST_RETRY_MS = 30000;
/** Behind a place that this browser can't decode, the party is a little later. */
const PAST_DAMAGE_MS = 2000;

export class Player {
  #room;
  #source;
  #started = false;
  #retries = 0;
  #cancelRetry = () => {};
  /** Where a film is to be had from, the party's or the next one; each person's own choices may say otherwise. */
  addressOf = (video) => video.playback_url;

  constructor(room) {
    this.#room = room;
    this.media = room.part('video');
    this.follower = new PlaybackFollower({
      media: this.media,
      connection: room.connection,
      profile: canNudge() ? 'nudge' : 'seek-only',
      trimMs: loadTrim(),
    });
    this.#source = new FilmSource({
      room,
      media: this.media,
      follower: this.follower,
      onFault: () => this.#showError(UNFED_TEXT),
    });
    const addressOf = (video) => playableUrl(this.addressOf(video));
    void new FilmChange({ room, media: this.media, addressOf, onChange: (url) => this.#changeFilm(url) });
    this.#showBlocking();
    this.#showLoading();
    this.#showErrors();
    this.#showSkew();
    room.on(this.follower, 'unseekable', () => showAlert(UNSEEKABLE_TEXT));
    room.on(room.connection, 'clock', () => {
      if (room.connection.estimate()?.samples >= CLOCK_SAMPLES) this.#start();
    });
    room.on(room.connection, 'welcome', () => room.after(CLOCK_HEAD_START_MS, () => this.#start()));
    // Other changes don't matter to a film that is being watched: its addresses are signed anew now and then.
    room.on(room.connection, 'video', () => {
      if (this.#source.isFed || this.media.error || !this.#isOffered) this.changeAddress();
    });
    room.signal.addEventListener('abort', () => this.#stop());
  }

  /** The video's length in seconds: what the catalogue says, or what the file says once it is loaded. */
  get durationS() {
    const known = this.#room.party.video.duration_s;
    return known > 0 ? known : this.media.duration || 0;
  }

  /** Whether another address of the film is on its way to the screen. */
  get isChanging() {
    return this.#source.isMoving;
  }

  /** Whether the film still has what is played: the film as it came goes once there is something better. */
  get #isOffered() {
    const { url } = this.#source;
    const { sources, playback_url: own } = this.#room.party.video;
    const offered = [...(sources ?? []).map((source) => source.url), own];
    return url !== null && offered.some((address) => address && isSameFile(playableUrl(address) ?? '', url));
  }

  /** Plays from another address of the same film, if there is one now; the picture goes on meanwhile. */
  changeAddress() {
    const url = this.#started ? playableUrl(this.addressOf(this.#room.party.video)) : null;
    if (url) void this.#source.change(url);
  }

  /** Plays another film from its address; null where there is none yet. */
  #changeFilm(url) {
    if (!this.#started) return;
    this.#room.part('media-error').hidden = true;
    this.#cancelRetry();
    if (url) this.#source.play(url);
    else this.#source.empty();
  }

  get #pictureStatus() {
    if (this.media.error || !this.media.currentSrc) return 'broken';
    if (this.follower.detached) return 'detached';
    if (this.follower.blocked) return 'blocked';
    return this.media.readyState < HTMLMediaElement.HAVE_CURRENT_DATA ? 'loading' : 'shown';
  }

  #start() {
    if (this.#started) return;
    this.#started = true;
    const url = playableUrl(this.addressOf(this.#room.party.video));
    if (url) this.#source.play(url);
    else this.#showError('The address of this video is not one that a browser can open.');
    this.follower.start();
  }

  #stop() {
    this.follower.stop();
    this.media.pause();
    this.media.removeAttribute('src');
    // Without load() the browser goes on fetching the removed source.
    this.media.load();
  }

  #showBlocking() {
    const overlay = this.#room.part('unblock');
    this.#room.on(this.follower, 'blocked', () => {
      overlay.hidden = false;
      overlay.focus({ preventScroll: true });
    });
    this.#room.on(this.follower, 'unblocked', () => {
      overlay.hidden = true;
    });
    this.#room.on(overlay, 'click', () => {
      overlay.hidden = true;
      this.#room.part('play').focus({ preventScroll: true });
      void this.follower.resume();
    });
  }

  #showLoading() {
    const spinner = this.#room.part('spinner');
    const { media } = this;
    const show = () => {
      const wanted = (this.#room.party.playback.state === 'playing' && !this.follower.detached) || media.seeking;
      spinner.hidden = !(
        wanted &&
        media.currentSrc &&
        !media.error &&
        media.readyState < HTMLMediaElement.HAVE_FUTURE_DATA &&
        !this.follower.isMoving &&
        !media.ended
      );
    };
    for (const type of LOADING_EVENTS) {
      this.#room.on(media, type, show);
    }
  }

  #showErrors() {
    const { media } = this;
    this.#room.on(media, 'error', () => {
      if (!media.error) return;
      // A network error may pass, so load again; a file that can't be decoded stays so, unless some of it could.
      if (media.error.code !== 2 || this.#retries > 0) this.#showError(mediaErrorText(media.error.code));
      if (media.error.code === 2) this.#retryLater();
      else if (media.error.code === 3 && media.readyState > HTMLMediaElement.HAVE_NOTHING) this.#passDamage();
      else if (!this.#source.isFed) void this.#explain(media.currentSrc);
    });
    this.#room.on(media, 'loadeddata', () => {
      this.#room.part('media-error').hidden = true;
      this.#retries = 0;
    });
    this.#room.on(this.#room.part('retry-media'), 'click', () => {
      this.#retry();
      void this.follower.resume();
    });
    this.#room.on(this.#room.connection, 'welcome', () => {
      if (media.error) this.#retry();
    });
  }

  /** Asks why, which takes a moment: the element itself only says that it can't. */
  async #explain(address) {
    const { isPlayable, faults } = await probeMedia(address);
    if (isPlayable || !this.media.error || this.#room.signal.aborted) return;
    this.#showError(mediaFaultText(faults[0]));
  }

  #showError(text) {
    setText(this.#room.part('media-error-text'), text);
    this.#room.part('media-error').hidden = false;
  }

  #retryLater() {
    this.#cancelRetry();
    const laterMs = Math.min(LONGEST_RETRY_MS, SECOND_RETRY_MS * 2 ** (this.#retries - 1));
    const waitMs = this.#retries === 0 ? FIRST_RETRY_MS : laterMs;
    this.#retries += 1;
    this.#cancelRetry = this.#room.after(waitMs, () => this.#retryIfFailed());
  }

  /** A recording may have lost a moment of it, at which some browsers end: the party goes on, and so does this. */
  #passDamage() {
    this.#showError(DAMAGED_TEXT);
    this.#cancelRetry();
    this.#cancelRetry = this.#room.after(PAST_DAMAGE_MS, () => this.#retryIfFailed());
  }

  /** What has got another source meanwhile is not loaded once more. */
  #retryIfFailed() {
    if (this.media.error) this.#retry();
  }

  #retry() {
    this.#cancelRetry();
    this.#room.part('media-error').hidden = true;
    // The address that failed may be one that has ended, or of a file that is gone: the film may have another by now.
    this.#source.retry(playableUrl(this.addressOf(this.#room.party.video)));
  }

  #showSkew() {
    const line = this.#room.part('my-sync');
    const draw = () => {
      const { text, tone } = skewText(this.follower.skew, this.#pictureStatus);
      setText(line, `You: ${text}`);
      line.dataset.tone = tone;
    };
    for (const type of ['skew', 'detached', 'attached']) this.#room.on(this.follower, type, draw);
  }
}

/** Apple's WebKit stutters at each small change of the rate; it is recognized by this method. */
function canNudge() {
  return !('webkitSetPresentationMode' in HTMLVideoElement.prototype);
}

/** An http or https address as the browser will open it; null for anything else. */
function playableUrl(address) {
  try {
    const url = fileUrl(address);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
  } catch {
    return null;
  }
}
