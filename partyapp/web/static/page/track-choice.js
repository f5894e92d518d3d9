/**
 * Which subtitles, sound and picture a person gets, from what a film has and what they chose before. Pure (no
 * DOM), so that it can be tested in Node.
 *
 * What is remembered is what was meant (a language, a height), not a track of one film.
 */

/** A person's choice of no subtitles. */
export const OFF = 'off';
/** The player's own choice of the picture's size. */
export const AUTOMATIC = 'auto';

/** The language without its variety: "pt-BR" is Portuguese too. */
const mainOf = (tag) => (tag ?? '').split('-')[0].toLowerCase();

/** The track whose language is the nearest to one of `languages`, the first of which counts most; or null. */
export function nearestTrack(tracks, languages) {
  for (const wanted of languages) {
    const exact = tracks.find(({ language }) => language?.toLowerCase() === wanted.toLowerCase());
    const near = tracks.find(({ language }) => mainOf(language) !== '' && mainOf(language) === mainOf(wanted));
    if (exact ?? near) return exact ?? near;
  }
  return null;
}

/**
 * The subtitles to show, or null for none.
 *
 * `remembered` is null where nobody chose, `off`, or `{language, label}`; `languages` are the person's own.
 * Who chose nothing is shown what the film says is shown (`default`), and what helps: their language where the
 * sound, `heard`, is in none of theirs.
 */
export function chosenSubtitles(tracks, remembered, languages, heard = null) {
  if (remembered === OFF) return null;
  if (remembered) return likeRemembered(tracks, remembered) ?? null;
  const offered = tracks.find((track) => track.default);
  if (offered) return offered;
  const understood = !heard || languages.some((language) => mainOf(language) === mainOf(heard));
  return understood ? null : nearestTrack(tracks, languages);
}

/** What a person gets who turns subtitles on: theirs, or else the first. */
export function subtitlesToTurnOn(tracks, remembered, languages) {
  const before = remembered && remembered !== OFF ? likeRemembered(tracks, remembered) : null;
  return before ?? nearestTrack(tracks, languages) ?? tracks[0] ?? null;
}

/** The sound to hear: as remembered, else the film's own, else the first; null where there is no choice. */
export function chosenSound(tracks, remembered) {
  const before = remembered ? likeRemembered(tracks, remembered) : null;
  return before ?? tracks.find((track) => track.default) ?? tracks[0] ?? null;
}

/** The sources of a sound that a browser plays by itself, best first. */
export function sourcesOf(video, sound) {
  const plain = (video.sources ?? []).filter(({ type, url }) => url && !/mpegurl/i.test(type));
  const ones = sound ? plain.filter((source) => source.audio_track === sound.id) : plain;
  return ones.length > 0 ? ones : plain;
}

/** The source of a height that was chosen by hand: that one, or else the next lower, or else the lowest. */
export function sourceOfHeight(sources, height) {
  return sources.find((source) => source.height <= height) ?? sources.at(-1) ?? null;
}

/** A source in a menu: "1080p", by the shorter side, as everybody calls it. */
export function sourceLabel({ width, height, bitrate }) {
  const lines = Math.min(width || height, height || width);
  if (!lines) return 'As it is';
  const megabits = bitrate ? ` · ${bitrate >= 9.5e6 ? Math.round(bitrate / 1e6) : (bitrate / 1e6).toFixed(1)} Mbit/s` : '';
  return `${lines}p${megabits}`;
}

/** The largest delay of subtitles, either way, in s. */
export const DELAY_LIMIT_S = 60;

/** A delay in whole tenths of a second within the limit; what is no number is 0. */
export function clampDelay(value) {
  const tenths = Math.round(Number(value) * 10);
  return Number.isFinite(tenths) ? Math.max(-DELAY_LIMIT_S * 10, Math.min(DELAY_LIMIT_S * 10, tenths)) / 10 : 0;
}

/** A delay as a person reads it: "0.5 s later". */
export function delayText(seconds) {
  if (seconds === 0) return 'as they are';
  return `${Math.abs(seconds).toFixed(1)} s ${seconds > 0 ? 'later' : 'earlier'}`;
}

function likeRemembered(tracks, { language, label }) {
  const exact = tracks.find((track) => track.label === label && track.language === language);
  return exact ?? (language ? nearestTrack(tracks, [language]) : tracks.find((track) => track.label === label)) ?? null;
}
