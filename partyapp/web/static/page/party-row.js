/** A party to go to, as a row. */

import { partyPath } from './addresses.js';
import { el } from './dom.js';
import { partyFacts } from './text.js';

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
