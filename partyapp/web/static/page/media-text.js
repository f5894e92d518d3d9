/** What is wrong with a film, in words. Pure (no DOM), so that it can be tested in Node. */

const MEDIA_FAULTS = {
  invalid_address: "The video's address is not one that a browser can open.",
  mixed_content:
    "The video's address begins with http, and this page came by https: browsers block that. It needs an address with https.",
  video_page: "The address is that of a video site's page, not of a video. It takes the address of a file, such as .mp4.",
  web_page: 'At this address is a web page, not a video. It takes the address of the file itself, such as .mp4.',
  not_found: 'There is no video at this address any more (404).',
  forbidden: "The video's server doesn't let you in (403).",
  server_error: "The video's server has a fault of its own right now.",
  unreachable: "The video's server can't be reached.",
  unplayable: "Your browser can't play what is at this address: it may be gone, of another format, or a page and no video.",
  no_picture: "Your browser plays the sound of this video, but can't show its picture (HEVC, for example).",
  no_sound: "Your browser finds no sound in this video, or can't play it (AC-3 and DTS, for example).",
  no_seeking: "The video's server sends it only from the start (it has no byte ranges): nobody can jump within it.",
  timeout: "The video's server doesn't answer.",
};

/** A fault that `probeMedia` names, as a sentence. */
export function mediaFaultText(fault) {
  return MEDIA_FAULTS[fault] ?? MEDIA_FAULTS.unplayable;
}

/** A film that can only be played from its start on. */
export const UNSEEKABLE_TEXT =
  "Your picture can't jump within this video: its server sends it only from the start (it has no byte ranges).";

/** A MediaError's code (HTML, "error codes") as a sentence. */
export function mediaErrorText(code) {
  if (code === 2) return 'The video stopped loading. It is tried again by itself.';
  if (code === 3) return "Your browser can't decode this video.";
  return "This video can't be found, or your browser can't play its format.";
}

/** A film that is still being prepared, in a browser that can't be fed with it. */
export const UNFED_TEXT =
  'This film is still being prepared, and your browser can only play it once that is done. It then begins by itself.';

/** A film of which only this place can't be shown. */
export const DAMAGED_TEXT = "Your browser can't read this place of the video. It goes on behind it by itself.";
