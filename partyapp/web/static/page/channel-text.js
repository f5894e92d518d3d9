/** Texts of the channels by which notifications reach people. Pure, so that it can be tested in Node. */

/** What a channel may be told of, as its person reads it. */
export const KIND_TEXTS = {
  party_invitation: 'Somebody invites me',
  party_starting: 'A party begins soon',
  host_transferred: 'A party has another host',
  member_joined: 'Somebody joins',
  member_left: 'Somebody leaves',
  party_session_ended: 'A party ends',
};

const REASONS = {
  not_accepted: 'nothing is accepted there',
  timeout: 'nobody answers there',
  private_address: 'this server sends to the Internet only',
  invalid_address: 'there is no such place',
  several_receivers: 'one channel is for one place',
  no_mail: 'this server sends no mail any more',
  not_sent: 'this server could not send it, try again later',
  unreadable: 'its address can’t be read any more',
};

/** How a channel does, as a sentence. */
export function channelState({ state, reason }) {
  if (state === 'active') return 'In use';
  const why = REASONS[reason] ?? 'nothing arrives there';
  if (state === 'unverified') return reason ? `Its code has not arrived yet: ${why}` : 'Type the code that it was sent';
  return `Not used any more: ${why}`;
}

const NAMES = {
  mailto: 'mail', discord: 'Discord', slack: 'Slack', tgram: 'Telegram', ntfy: 'ntfy', ntfys: 'ntfy', gotify: 'Gotify',
  gotifys: 'Gotify', gchat: 'Google Chat', pover: 'Pushover', pbul: 'Pushbullet', zulip: 'Zulip', mmosts: 'Mattermost',
  rockets: 'Rocket.Chat',
};

/** What is asked for: mail is named only where it is sent. */
export function addressText(schemes) {
  return schemes.includes('mailto') ? 'Mail address, or the address of a service' : 'The address of a service';
}

/** What may be added, by the names that people know. */
export function offeredText(schemes) {
  const names = [...new Set(schemes.map((scheme) => NAMES[scheme] ?? scheme))];
  if (names.length === 0) return 'This server sends nothing beside the page.';
  return `What this server sends to: ${names.join(', ')}.`;
}
