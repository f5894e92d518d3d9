/**
 * What the browser remembers: the token, the name and the trim (local), the device id (per tab).
 * Storage may be forbidden, as in an embedded frame; then a Map takes its place for as long as the page is open.
 */

import { randomUuid } from '../party-client/uuid.js';

const fallbacks = { localStorage: new Map(), sessionStorage: new Map() };

function read(area, key) {
  // Where only writing is refused (no space is left, say), the newest value is in the fallback.
  if (fallbacks[area].has(key)) return fallbacks[area].get(key);
  try {
    return window[area].getItem(key);
  } catch {
    return null;
  }
}

function write(area, key, value) {
  fallbacks[area].delete(key);
  try {
    if (value == null) window[area].removeItem(key);
    else window[area].setItem(key, value);
  } catch {
    fallbacks[area].set(key, value);
  }
}

export const loadToken = () => read('localStorage', 'party.token');
export const saveToken = (token) => write('localStorage', 'party.token', token);
export const loadName = () => read('localStorage', 'party.name') ?? '';
export const saveName = (name) => write('localStorage', 'party.name', name);
/** Whether the token is a guest's who came by a name alone, as all did before this was remembered. */
export const loadIsGuest = () => read('localStorage', 'party.guest') !== 'no';
export const saveIsGuest = (yes) => write('localStorage', 'party.guest', yes ? null : 'no');

/** Where this tab goes on after a sign-in elsewhere; taken, it is forgotten. */
export const saveReturn = (address) => write('sessionStorage', 'party.return', address);
export function takeReturn() {
  const address = read('sessionStorage', 'party.return');
  write('sessionStorage', 'party.return', null);
  return address;
}

/** This tab's device id: it outlives a reload, and each tab has its own. */
export function deviceId() {
  const known = read('sessionStorage', 'party.device');
  if (known) return known;
  const fresh = randomUuid();
  write('sessionStorage', 'party.device', fresh);
  return fresh;
}

/** The largest trim, either way, in ms. */
export const TRIM_LIMIT_MS = 500;

/** A trim as a whole number of ms within ±500; what is not a number is 0. */
export function clampTrim(value) {
  const ms = Math.round(Number(value));
  return Number.isFinite(ms) ? Math.max(-TRIM_LIMIT_MS, Math.min(TRIM_LIMIT_MS, ms)) : 0;
}

export const loadTrim = () => clampTrim(read('localStorage', 'party.trim_ms') ?? 0);
export const saveTrim = (ms) => write('localStorage', 'party.trim_ms', String(clampTrim(ms)));

/** Whether keys of a single letter are heeded, which they are unless a user has turned them off. */
export const loadSingleKeys = () => read('localStorage', 'party.single_keys') !== 'off';
export const saveSingleKeys = (on) => write('localStorage', 'party.single_keys', on ? 'on' : 'off');

/** Whether the chat was left open; null while nobody has said so. */
export const loadChatOpen = () => ({ yes: true, no: false })[read('localStorage', 'party.chat_open')] ?? null;
export const saveChatOpen = (isOpen) => write('localStorage', 'party.chat_open', isOpen ? 'yes' : 'no');

/** The remembered volume `{volume: 0–1, muted}`. */
export function loadVolume() {
  const volume = Number.parseFloat(read('localStorage', 'party.volume') ?? '1');
  const muted = read('localStorage', 'party.muted') === 'yes';
  return { volume: Number.isFinite(volume) ? Math.max(0, Math.min(1, volume)) : 1, muted };
}

export function saveVolume(volume, muted) {
  write('localStorage', 'party.volume', String(volume));
  write('localStorage', 'party.muted', muted ? 'yes' : 'no');
}

/** What party-client's UploadMemory keeps, as a text. */
export const loadUploads = () => read('localStorage', 'party.uploads');
export const saveUploads = (text) => write('localStorage', 'party.uploads', text);

/** The sizes of subtitles, the usual one second. */
export const SUBTITLE_SIZES = ['small', 'usual', 'large', 'huge'];

/**
 * What a person chose for the films they watch: `subtitles` null, "off" or `{language, label}`; `sound` null or
 * `{language, label}`; `height` null (automatic) or in pixels; `size` one of SUBTITLE_SIZES.
 */
export function loadChoices() {
  const kept = parsed('party.choices');
  return {
    subtitles: kept.subtitles === 'off' ? 'off' : meantTrack(kept.subtitles),
    sound: meantTrack(kept.sound),
    height: Number.isFinite(kept.height) ? kept.height : null,
    size: SUBTITLE_SIZES.includes(kept.size) ? kept.size : 'usual',
  };
}

/** Keeps some of the choices; the others stay. */
export function saveChoices(changes) {
  write('localStorage', 'party.choices', JSON.stringify({ ...loadChoices(), ...changes }));
}

/** So many films' delays are remembered, the latest ones. */
const MOST_DELAYS = 30;

/** By how many s a film's subtitles are shown later, for this person. */
export function loadSubtitleDelay(videoId) {
  const delay = parsed('party.subtitle_delays')[videoId];
  return Number.isFinite(delay) ? delay : 0;
}

export function saveSubtitleDelay(videoId, seconds) {
  const others = Object.entries(parsed('party.subtitle_delays')).filter(([id]) => id !== videoId);
  const kept = seconds === 0 ? others : [...others, [videoId, seconds]];
  const latest = Object.fromEntries(kept.slice(-MOST_DELAYS));
  write('localStorage', 'party.subtitle_delays', JSON.stringify(latest));
}

function parsed(key) {
  try {
    const kept = JSON.parse(read('localStorage', key) ?? '{}');
    return kept !== null && typeof kept === 'object' ? kept : {};
  } catch {
    return {};
  }
}

function meantTrack(kept) {
  if (!kept || typeof kept !== 'object') return null;
  const { language = null, label = '' } = kept;
  return { language: typeof language === 'string' ? language : null, label: String(label) };
}
