// @ts-check
/**
 * What is at an address, as this browser's own player finds it: the length, and what is wrong with it by name.
 * To be asked before a party starts, where it costs one person a moment instead of everybody an evening.
 */
import { systemScheduler, wait } from './scheduler.js';

/** @import {Scheduler} from './types.js' */

/**
 * Nothing can be played: `invalid_address` (none of http or https) · `mixed_content` (http on a page of https) ·
 * `video_page` (a page of a video site, not a film) · `web_page` · `not_found` · `forbidden` · `server_error` ·
 * `unreachable` · `unplayable` (of a format that this browser doesn't know, or not a film; where the server doesn't
 * let a page ask, any of the others) · `timeout`.
 *
 * It can, but: `no_picture` · `no_sound` (a silent film, or sound of a format that this browser can't play; browsers
 * don't say which) · `no_seeking` (the server has no byte ranges).
 * @typedef {'invalid_address'|'mixed_content'|'video_page'|'web_page'|'not_found'|'forbidden'|'server_error'} AddressFault
 * @typedef {AddressFault|'unreachable'|'unplayable'|'timeout'|'no_picture'|'no_sound'|'no_seeking'} MediaFault
 */

/**
 * @typedef {object} MediaProbe
 * @property {boolean} isPlayable
 * @property {number|null} durationS length in seconds; null while it isn't known, and of a live stream
 * @property {boolean} isLive a stream without an end
 * @property {MediaFault[]} faults
 */

const LIMIT_MS = 10_000;
/** Sound is looked for in the first moments of play. */
const SOUND_LIMIT_MS = 2500;
const SOUND_AFTER_S = 0.4;
/** A film is seekable if most of it is. */
const SEEKABLE_SHARE = 0.9;
/** Sites whose addresses are pages with a player of their own. */
const VIDEO_SITES = [
  'youtube.com', 'youtu.be', 'vimeo.com', 'dailymotion.com', 'twitch.tv', 'netflix.com', 'disneyplus.com',
  'primevideo.com', 'tiktok.com', 'facebook.com', 'instagram.com', 'x.com', 'crunchyroll.com', 'hulu.com', 'max.com',
];
/** @type {Record<number, MediaFault>} */
const STATUS_FAULTS = { 401: 'forbidden', 403: 'forbidden', 404: 'not_found', 410: 'not_found' };

/**
 * @param {string} address absolute, or relative to the page
 * @param {object} [options]
 * @param {number} [options.limitMs] of the whole probe
 * @param {string} [options.pageUrl] the page's own address
 * @param {() => HTMLMediaElement} [options.newMedia] a player that nobody sees or hears
 * @param {typeof fetch} [options.fetchImpl]
 * @param {Scheduler} [options.scheduler]
 * @returns {Promise<MediaProbe>} never rejected
 */
export async function probeMedia(address, {
  limitMs = LIMIT_MS, pageUrl = globalThis.location?.href, scheduler = systemScheduler,
  newMedia = () => globalThis.document.createElement('video'),
  fetchImpl = (input, init) => globalThis.fetch(input, init),
} = {}) {
  const fault = faultOfAddress(address, pageUrl);
  if (fault) return unplayable(fault);
  const url = new URL(address, pageUrl).href;
  const media = newMedia();
  media.muted = true;
  media.preload = 'metadata';
  try {
    media.src = url;
    const ended = await first(media, ['loadedmetadata', 'error'], scheduler, limitMs);
    if (ended === null) return unplayable('timeout');
    if (ended === 'error') return unplayable(await faultOfServer(url, fetchImpl));
    return await examined(media, scheduler);
  } finally {
    media.removeAttribute('src');
    // Without load() the browser goes on fetching the removed source.
    media.load();
  }
}

/**
 * @param {string} address
 * @param {string|undefined} pageUrl
 * @returns {MediaFault|null} what shows without asking anybody
 */
export function faultOfAddress(address, pageUrl) {
  let url;
  try {
    url = new URL(address, pageUrl);
  } catch {
    return 'invalid_address';
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'invalid_address';
  const host = url.hostname.toLowerCase();
  if (VIDEO_SITES.some((site) => host === site || host.endsWith(`.${site}`)) && !/\.(mp4|webm)$/i.test(url.pathname)) {
    return 'video_page';
  }
  const isLoopback = host === 'localhost' || host.endsWith('.localhost') || /^127\.|^\[::1\]$/.test(host);
  if (url.protocol === 'http:' && !isLoopback && pageUrl?.startsWith('https:')) return 'mixed_content';
  return null;
}

/** @param {MediaFault} fault @returns {MediaProbe} */
function unplayable(fault) {
  return { isPlayable: false, durationS: null, isLive: false, faults: [fault] };
}

/**
 * @param {HTMLMediaElement} media with its metadata
 * @param {Scheduler} scheduler
 * @returns {Promise<MediaProbe>}
 */
async function examined(media, scheduler) {
  const { duration, seekable } = media;
  const durationS = Number.isFinite(duration) && duration > 0 ? duration : null;
  /** @type {MediaFault[]} */
  const faults = [];
  if (/** @type {HTMLVideoElement} */ (media).videoWidth === 0) faults.push('no_picture');
  const endS = seekable && seekable.length > 0 ? seekable.end(seekable.length - 1) : 0;
  if (durationS !== null && endS < durationS * SEEKABLE_SHARE) faults.push('no_seeking');
  if (await isSilent(media, scheduler)) faults.push('no_sound');
  return { isPlayable: true, durationS, isLive: duration === Infinity, faults };
}

/**
 * A track that can't be decoded is dropped without any error: only a moment of play shows it.
 * @param {any} media each engine has a property of its own
 * @param {Scheduler} scheduler
 * @returns {Promise<boolean>} false as well where nobody can say
 */
async function isSilent(media, scheduler) {
  if (!('webkitAudioDecodedByteCount' in media)) {
    if ('mozHasAudio' in media) return media.mozHasAudio === false;
    return media.audioTracks?.length === 0;
  }
  try {
    await Promise.race([media.play(), first(media, ['error'], scheduler, SOUND_LIMIT_MS)]);
    const isPast = () => media.currentTime >= SOUND_AFTER_S;
    const moved = await first(media, ['timeupdate', 'ended'], scheduler, SOUND_LIMIT_MS, isPast);
    return moved !== null && media.webkitAudioDecodedByteCount === 0;
  } catch {
    return false;
  } finally {
    media.pause();
  }
}

/**
 * @param {EventTarget} target
 * @param {string[]} types
 * @param {Scheduler} scheduler
 * @param {number} limitMs
 * @param {() => boolean} [holds] at the event
 * @returns {Promise<string|null>} the type of the first such event; null if there was none in time
 */
function first(target, types, scheduler, limitMs, holds = () => true) {
  return new Promise((resolve) => {
    /** @param {string|null} type */
    const end = (type) => {
      scheduler.clearTimeout(timer);
      for (const one of types) target.removeEventListener(one, onEvent);
      resolve(type);
    };
    /** @param {Event} event */
    const onEvent = (event) => {
      if (holds()) end(event.type);
    };
    const timer = scheduler.setTimeout(() => end(null), limitMs);
    for (const type of types) target.addEventListener(type, onEvent);
  });
}

/**
 * Why the player could do nothing with it, as far as the server lets a page ask (CORS).
 * @param {string} url
 * @param {typeof fetch} fetchImpl
 * @returns {Promise<MediaFault>}
 */
async function faultOfServer(url, fetchImpl) {
  /** @type {RequestInit} */
  const plain = { credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer' };
  const abort = new AbortController();
  try {
    const response = await fetchImpl(url, { ...plain, headers: { Range: 'bytes=0-0' }, signal: abort.signal });
    const type = response.headers.get('Content-Type') ?? '';
    abort.abort();
    if (!response.ok) return STATUS_FAULTS[response.status] ?? (response.status >= 500 ? 'server_error' : 'not_found');
    return /^(text\/html|application\/xhtml)/i.test(type) ? 'web_page' : 'unplayable';
  } catch {
    return isAnswered(url, fetchImpl, plain);
  }
}

/**
 * The page's own policy may forbid it to ask at all: then nothing is known of the server.
 * @param {() => Promise<unknown>} ask
 * @returns {Promise<'answered'|'forbidden'|'failed'>}
 */
async function asked(ask) {
  let isForbidden = false;
  const onViolation = () => void (isForbidden = true);
  const { document } = /** @type {{document?: EventTarget}} */ (globalThis);
  document?.addEventListener('securitypolicyviolation', onViolation);
  try {
    await ask();
    return 'answered';
  } catch {
    // The event comes in a task of its own, after the refusal.
    await wait(systemScheduler, 0);
    return isForbidden ? 'forbidden' : 'failed';
  } finally {
    document?.removeEventListener('securitypolicyviolation', onViolation);
  }
}

/**
 * A server that doesn't let the page read its answer still shows that there is one.
 * @param {string} url
 * @param {typeof fetch} fetchImpl
 * @param {RequestInit} plain
 * @returns {Promise<MediaFault>}
 */
async function isAnswered(url, fetchImpl, plain) {
  const outcome = await asked(() => fetchImpl(url, { ...plain, mode: 'no-cors', method: 'HEAD' }));
  return outcome === 'failed' ? 'unreachable' : 'unplayable';
}
