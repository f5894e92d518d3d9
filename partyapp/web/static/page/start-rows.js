/** One row each: a video to pick, a party to go to. */

import { partyPath } from './addresses.js';
import { el, useIcon } from './dom.js';
import { lengthText } from './film-length.js';
import { partyFacts, videoState } from './text.js';

/** A video as a radio button. One that is still being prepared can't be picked, and says so. */
export function videoRow(video) {
  const waiting = videoState(video);
  return el(
    'label',
    { class: 'video-choice', 'data-testid': 'video-choice', 'data-video-id': video.id },
    el('input', {
      type: 'radio',
      name: 'video',
      value: video.id,
      disabled: waiting !== null,
      'data-address': video.playback_url,
    }),
    el('span', { class: 'video-icon', 'aria-hidden': 'true' }, useIcon('play')),
    el('span', { class: 'video-name', dir: 'auto' }, video.title),
    el('span', { class: 'video-length' }, waiting ?? lengthText(video.duration_s)),
  );
}

/** A party as a link. A public one opens without an invite, and so does one's own. */
export function partyRow(party, userId) {
  return el(
    'a',
    {
      class: 'party-link',
      href: partyPath(party),
      'data-testid': 'party-link',
      'data-party-id': party.id,
    },
    el('span', { class: 'party-link-title', dir: 'auto' }, party.title || party.video.title),
    el('span', { class: 'party-link-facts' }, partyFacts(party, userId)),
  );
}
