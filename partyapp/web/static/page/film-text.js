/** Films in words: how far they are, and why one can't be watched. Pure (no DOM), so that it can be tested in Node. */

import { lengthText } from './film-length.js';
import { errorText } from './text.js';

/** A party may begin with so much of a film that is still being prepared, s. */
const ENOUGH_S = 30;
const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** A number of bytes: "812 bytes", "3.4 MB", "12 GB". */
export function formatBytes(bytes) {
  let unit = 0;
  let value = Number.isFinite(bytes) && bytes > 0 ? bytes : 0;
  // Rounded first: 999,999 bytes are 1 MB and not 1000 kB.
  while (unit < UNITS.length - 1 && Number(value.toPrecision(3)) >= 1000) [value, unit] = [value / 1000, unit + 1];
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** How long it takes still, as roughly as anybody can know it; null where nobody does. */
export function formatLeft(seconds) {
  if (seconds === null || !Number.isFinite(seconds)) return null;
  if (seconds < 10) return 'a few seconds left';
  if (seconds < 55) return `about ${Math.ceil(seconds / 10) * 10} seconds left`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes === 1) return 'about a minute left';
  if (minutes < 100) return `about ${minutes} minutes left`;
  return `about ${Math.round(minutes / 60)} hours left`;
}

const joined = (...parts) => parts.filter(Boolean).join(' · ');
/** Never 100 before the end. */
const percent = (fraction) => `${Math.min(99, Math.floor(100 * fraction))} %`;

const UPLOAD_FAILURES = {
  quota_exceeded: 'There is no room left for more films of yours. Delete one that you need no more, then try again.',
  payload_too_large: 'The file is larger than this place takes.',
  file_empty: 'The file is empty.',
  file_unreadable: "The file can't be read any more: it was moved, changed, or its drive is gone. Choose it again.",
  network_error: "The server can't be reached. What has arrived is kept.",
  unavailable: 'The server is busy or restarting. What has arrived is kept.',
  storage_full: 'The server has no space left. What has arrived is kept; whoever runs this place has to make room.',
};

/** Why an upload has failed, as a sentence. */
export function uploadFailure(error) {
  if (error?.status === 507) return UPLOAD_FAILURES.storage_full;
  if (Object.hasOwn(UPLOAD_FAILURES, error?.code)) {
    const said = error.code === 'payload_too_large' && error.detail ? ` ${error.detail}` : '';
    return UPLOAD_FAILURES[error.code] + said;
  }
  const { title, detail } = errorText(error);
  return detail ? `${title}. ${detail}` : `${title}.`;
}

/**
 * How far an upload is: `{text, fraction}`. Takes what an Upload has: `state`, `sentBytes`, `file.size`,
 * `bytesPerSecond`, `leftS`, `error`, `startedOver`.
 */
export function uploadText(upload) {
  const { state, sentBytes, file, bytesPerSecond, leftS, error } = upload;
  const fraction = file.size > 0 ? sentBytes / file.size : 0;
  const sizes = `${formatBytes(sentBytes)} of ${formatBytes(file.size)}`;
  if (state === 'queued') return { text: joined('Waits for the uploads before it', formatBytes(file.size)), fraction };
  if (state === 'paused') return { text: joined('Paused', sizes), fraction };
  if (state === 'failed') return { text: uploadFailure(error), fraction };
  if (state === 'done') return { text: 'Uploaded', fraction: 1 };
  if (state === 'waiting') {
    const why = error?.code === 'network_error' ? 'No connection: goes on by itself' : 'The server is busy: goes on by itself';
    return { text: joined(why, sizes), fraction };
  }
  const speed = bytesPerSecond ? `${formatBytes(bytesPerSecond)}/s` : null;
  const anew = upload.startedOver ? 'Begun anew, since the server had lost it' : null;
  return { text: joined(`Uploading, ${percent(fraction)}`, sizes, speed, formatLeft(leftS), anew), fraction };
}

/** What is told of an upload that was begun before, and whose file this page hasn't got. */
export function unfinishedText({ sent, size }) {
  return `${formatBytes(sent)} of ${formatBytes(size)} have arrived. Choose the file again, and it goes on from there.`;
}

/** A film's state, also of a server that tells only of its transcode job. */
export function stateOf(video) {
  if (video.state) return video.state;
  const job = video.transcode_job;
  if (!job || job.state === 'completed') return 'playable';
  return job.state === 'failed' ? 'failed' : 'preparing';
}

/** Whether a party can begin with it now. */
export function isWatchable(video) {
  const state = stateOf(video);
  if (state !== 'preparing') return state === 'playable';
  const enough = video.duration_s > 0 ? Math.min(ENOUGH_S, video.duration_s / 2) : ENOUGH_S;
  return video.ready_until_s != null && video.ready_until_s >= enough;
}

/**
 * A film in the list: `{text, fraction}`, `fraction` null where nothing is under way. `leftS` is how long it will
 * take still to prepare it, null while nobody knows.
 */
export function filmText(video, leftS = null) {
  const state = stateOf(video);
  if (state === 'playable') return { text: lengthText(video.duration_s), fraction: null };
  if (state === 'uploading') return { text: 'Being uploaded', fraction: null };
  const job = video.transcode_job;
  if (state === 'failed') {
    const why = sentence(job?.error);
    return { text: why || 'It could not be prepared, and nobody knows why.', fraction: null };
  }
  const fraction = Math.min(1, Math.max(0, job?.progress ?? 0));
  if (job?.state !== 'running' && fraction === 0) return { text: 'Waits to be prepared', fraction };
  const first = isWatchable(video) ? 'Can be watched, and is still being prepared' : 'Being prepared';
  return { text: joined(`${first}, ${percent(fraction)}`, formatLeft(leftS)), fraction };
}

/** Words of the server as a sentence. */
function sentence(words) {
  const text = String(words ?? '').trim();
  if (!text) return '';
  const capital = text[0].toLocaleUpperCase() + text.slice(1);
  return /[.!?…]$/u.test(capital) ? capital : `${capital}.`;
}

/** A title for the film at an address: its file's name, or the host's. */
export function titleOfAddress(address) {
  const url = new URL(address);
  const last = url.pathname.split('/').filter(Boolean).at(-1) ?? '';
  let name = last;
  try {
    name = decodeURIComponent(last);
  } catch {
    // Not written in UTF-8: as it stands.
  }
  const title = name.replace(/\.[a-z0-9]{2,5}$/iu, '').replace(/[_+]+/gu, ' ').trim();
  return (title || url.hostname).slice(0, 200);
}

const SUBTITLES = /\.(srt|vtt|ass|ssa|sub)$/iu;
/** A film by its name, whatever the browser takes it for: of a broadcast (.ts) many systems say that it is a text. */
const FILMS = /\.(3g[2p]|asf|avi|divx|f4v|flv|m2ts|m4v|mkv|mov|mp4|mpe?g|mts|og[mv]|ts|vob|webm|wmv)$/iu;
const FILM_TYPES = /^(video|audio)\/|^application\/(ogg|x-matroska|mxf|octet-stream|vnd\.rn-realmedia|x-mpegurl)/iu;

/** Why a file is not even tried; null where it may be a film. */
export function fileFault({ name, type }) {
  if (SUBTITLES.test(name)) return `“${name}” holds subtitles: add it to its film, once that is here.`;
  if (type && !FILMS.test(name) && !FILM_TYPES.test(type)) return `“${name}” is not a film.`;
  return null;
}
