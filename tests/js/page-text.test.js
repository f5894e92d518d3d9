/** The texts of the page: times, verdicts, errors and events. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ProblemError } from '../../partyapp/web/static/party-client/problem.js';
import {
  connectionText,
  controlReason,
  errorLine,
  errorText,
  eventText,
  formatRate,
  formatSpan,
  formatTime,
  hueOf,
  initials,
  inviteFacts,
  isolated,
  partyFacts,
  playbackText,
  severalText,
  skewText,
  spokenTime,
  syncText,
} from '../../partyapp/web/static/page/text.js';
import { mediaErrorText } from '../../partyapp/web/static/page/media-text.js';

test('a time reads m:ss, and h:mm:ss from an hour on', () => {
  assert.equal(formatTime(0), '0:00');
  assert.equal(formatTime(9.99), '0:09');
  assert.equal(formatTime(65), '1:05');
  assert.equal(formatTime(3599.9), '59:59');
  assert.equal(formatTime(3723), '1:02:03');
});

test('what is no time reads as zero', () => {
  for (const value of [Number.NaN, Infinity, -3, undefined]) {
    assert.equal(formatTime(value), '0:00');
    assert.equal(spokenTime(value), '0 seconds');
  }
});

test('a spoken time leaves out what is zero and minds the plural', () => {
  assert.equal(spokenTime(65), '1 minute 5 seconds');
  assert.equal(spokenTime(7201), '2 hours 1 second');
  assert.equal(spokenTime(120), '2 minutes');
});

test("a span is rounded up, so that 'within' stays true", () => {
  assert.equal(formatSpan(11.02), '12 ms');
  assert.equal(formatSpan(-11.02), '12 ms');
  assert.equal(formatSpan(0), '1 ms');
  assert.equal(formatSpan(999.5), '1 s');
  assert.equal(formatSpan(1210), '1.3 s');
  assert.equal(formatSpan(90_000), 'more than a minute');
  assert.equal(formatSpan(Infinity), 'an unknown time');
});

test("a verdict is worded with the proven limit: the error and the clock's bound together", () => {
  const sync = { verdict: 'in_sync', drift_ms: -4.2, offset_bound_ms: 7.1, state: 'playing' };
  assert.deepEqual(syncText(sync), { text: 'in sync · within 12 ms', tone: 'good' });
  assert.deepEqual(syncText({ ...sync, verdict: 'likely', offset_bound_ms: 90 }), {
    text: 'likely in sync · within 95 ms',
    tone: 'fair',
  });
  assert.deepEqual(syncText({ ...sync, verdict: 'out_of_sync', drift_ms: -340 }), {
    text: 'catching up · off by 340 ms',
    tone: 'poor',
  });
});

test('without a proof nothing is claimed', () => {
  const checking = { text: 'checking…', tone: 'quiet' };
  assert.deepEqual(syncText(null), checking);
  assert.deepEqual(syncText({ verdict: 'unknown', drift_ms: 1, offset_bound_ms: 900 }), checking);
  assert.deepEqual(skewText(null), checking);
  assert.equal(syncText({ verdict: 'in_sync', drift_ms: 1, offset_bound_ms: 2 }, false).text, 'away');
});

test('a member with a delay above the largest lead is said to have a slow network', () => {
  const sync = { verdict: 'unknown', drift_ms: 1, offset_bound_ms: 1500, rtt_ms: 2900, state: 'playing' };
  assert.deepEqual(syncText(sync), { text: 'slow network · the others do not wait', tone: 'poor' });
  assert.equal(syncText({ ...sync, rtt_ms: 1900 }).text, 'checking…');
});

test('a member whose video loads is shown as loading, whatever the verdict', () => {
  const sync = { verdict: 'out_of_sync', drift_ms: 900, offset_bound_ms: 2, state: 'buffering' };
  assert.equal(syncText(sync).text, 'loading the video…');
});

test("the follower's own measurement is worded alike", () => {
  assert.equal(skewText({ verdict: 'in_sync', errorMs: 3, boundMs: 4.5 }).text, 'in sync · within 8 ms');
});

test('a player without a picture is not in sync', () => {
  const skew = { verdict: 'in_sync', errorMs: 3, boundMs: 4.5 };
  assert.equal(skewText(skew, 'broken').text, 'no picture');
  assert.equal(skewText(skew, 'blocked').text, 'waiting for your click');
  assert.equal(skewText(skew, 'loading').text, 'loading the video…');
});

test('a lost connection has another text than a first one', () => {
  assert.equal(connectionText('connecting', false), 'Connecting…');
  assert.equal(connectionText('connecting', true), 'Reconnecting…');
  assert.equal(connectionText('waiting', true), 'Reconnecting…');
  assert.equal(connectionText('open', true), 'Connected');
  assert.equal(connectionText('closed', true), 'Not connected');
});

const ADA = { user_id: 'a', display_name: 'Ada' };
const BOB = { user_id: 'b', display_name: 'Bob' };
const PARTY = { state: 'active', control: 'host', host_id: 'a', members: [ADA, BOB] };

test('the host may control, others see the name of the one who may', () => {
  assert.equal(controlReason(PARTY, 'a', 'open', true), null);
  assert.equal(controlReason(PARTY, 'b', 'open', true), 'Only the host, Ada, can play, pause and seek.');
});

test('everyone may control where the party says so', () => {
  assert.equal(controlReason({ ...PARTY, control: 'everyone' }, 'b', 'open', true), null);
});

test('nobody controls without a connection or after the end', () => {
  assert.match(controlReason(PARTY, 'a', 'waiting', true), /^Reconnecting…/);
  assert.equal(controlReason(PARTY, 'a', 'connecting', false), 'Connecting…');
  assert.equal(controlReason({ ...PARTY, state: 'ended' }, 'a', 'open', true), 'The party is over.');
});

test('a 404 is worded as a link that is not complete', () => {
  const { detail } = errorText({ status: 404, code: 'not_found', title: 'Not found' });
  assert.equal(detail, 'This party does not exist, or the invite link is not complete.');
});

test("a refused field is shown with the server's reasons", () => {
  const problem = {
    status: 422,
    code: 'validation_failed',
    title: 'Not valid',
    errors: { display_name: ['Too long.'] },
  };
  assert.deepEqual(errorText(problem), { title: 'Not valid', detail: 'Too long.' });
  assert.equal(errorText({ ...problem, errors: {}, detail: 'Look again.' }).detail, 'Look again.');
});

test('a problem without words of ours keeps its title and detail', () => {
  const problem = { status: 403, code: 'forbidden', title: 'Host only', detail: 'Ask the host.' };
  assert.equal(errorLine(problem), 'Host only. Ask the host.');
});

test('a request without an answer is a network error', () => {
  assert.equal(errorText(ProblemError.ofNetwork(new TypeError('fetch failed'))).title, "The server can't be reached");
  assert.equal(
    errorText({ status: 0, code: 'network_error', title: 'x' }).title,
    "The server can't be reached",
  );
});

test("an error of the page's own is not worded as the network's", () => {
  const own = new TypeError('crypto.randomUUID is not a function');
  for (const error of [own, ProblemError.from(own), new RangeError('too deep'), 'thrown text', null, undefined]) {
    const { title, detail } = errorText(error);
    assert.equal(title, 'Something went wrong in this page');
    assert.doesNotMatch(title + detail, /server|connection|network/i);
  }
  assert.match(errorLine(ProblemError.from(own)), /crypto\.randomUUID is not a function/);
  // Nor is what this library says of itself, such as an answer that did not come in time.
  assert.equal(errorText({ status: 0, code: 'timeout', title: 'No answer', detail: 'Late.' }).title, 'No answer');
});

test('a code that names a property of every object is no known problem', () => {
  assert.deepEqual(errorText({ status: 400, code: 'constructor', title: 'Odd', detail: '' }), {
    title: 'Odd',
    detail: '',
  });
});

test('a playback change of another member is one sentence', () => {
  assert.equal(playbackText('play', 0, 'Ada'), 'Ada pressed play');
  assert.equal(playbackText('pause', 3, 'Ada'), 'Ada paused');
  assert.equal(playbackText('pause', 3, 'Ada', [1, 1], true), 'Ada put off the next film');
  assert.equal(playbackText('seek', 62.5, 'Ada'), 'Ada went to 1:02');
  assert.equal(playbackText('finish', 0, 'Ada'), null);
});

test("events are worded by name, one's own joining and leaving not at all", () => {
  const nameOf = (id) => ({ a: 'Ada', b: 'Bob' })[id] ?? 'Somebody';
  const joined = { type: 'member_joined', actor_id: 'b', data: { user_id: 'b', display_name: 'Bobby' } };
  assert.equal(eventText(joined, nameOf, 'a'), 'Bobby joined');
  assert.equal(eventText(joined, nameOf, 'b'), null);
  assert.equal(eventText({ type: 'member_left', actor_id: 'b', data: {} }, nameOf, 'a'), 'Bob left');
  const handed = { type: 'host_transferred', actor_id: 'a', data: { from_user_id: 'a', to_user_id: 'b' } };
  assert.equal(eventText(handed, nameOf, 'a'), 'Bob is the host now');
  assert.equal(eventText(handed, nameOf, 'b'), 'You are the host now');
  assert.equal(eventText({ type: 'party_session_created', data: {} }, nameOf, 'a'), null);
});

test('a party in the list is described by its facts', () => {
  const party = {
    title: 'Film night',
    video: { title: 'Boat' },
    member_count: 1,
    visibility: 'public',
    host_id: 'a',
  };
  assert.equal(partyFacts(party, 'a'), 'Boat · 1 person · public · you are the host');
  assert.equal(
    partyFacts({ ...party, member_count: 3, visibility: 'private' }, 'b'),
    'Boat · 3 people · private',
  );
  assert.equal(partyFacts({ ...party, title: 'Boat' }, 'b'), '1 person · public');
  const facts = (online_count) => partyFacts({ ...party, member_count: 3, online_count }, 'b');
  assert.equal(facts(2), 'Boat · 3 people · 2 here now · public');
  assert.equal(facts(0), 'Boat · 3 people · nobody here now · public');
});

test('only a network error of the media is said to be tried again', () => {
  assert.match(mediaErrorText(2), /tried again/);
  assert.doesNotMatch(mediaErrorText(3), /tried again/);
  assert.doesNotMatch(mediaErrorText(4), /tried again/);
});

test('initials are whole letters of the first and last word', () => {
  assert.equal(initials('ada lovelace'), 'AL');
  assert.equal(initials('  Grace '), 'G');
  assert.equal(initials('😀 de Souza'), '😀S');
  assert.equal(initials(''), '?');
});

test('a hue is within the circle, stays the same, and differs between ids', () => {
  assert.equal(hueOf('a'), hueOf('a'));
  assert.notEqual(hueOf('a'), hueOf('b'));
  for (const id of ['', 'a', '0190a000-0000-7000-8000-000000000001'])
    assert.ok(hueOf(id) >= 0 && hueOf(id) < 360);
});

test('a change of the speed is told as such', () => {
  assert.equal(formatRate(1), '1×');
  assert.equal(formatRate(1.256), '1.26×');
  assert.equal(playbackText('play', 10, 'Ada', [1, 1.5]), 'Ada set the speed to 1.5×');
  assert.equal(playbackText('play', 10, 'Ada', [1.5, 1.5]), 'Ada pressed play');
});

test('many who join are one sentence', () => {
  assert.equal(severalText(['Ada'], 'joined'), 'Ada joined');
  assert.equal(severalText(['Ada', 'Ben'], 'joined'), 'Ada and Ben joined');
  assert.equal(severalText(['Ada', 'Ben', 'Cy'], 'left'), 'Ada, Ben and 1 other left');
  assert.equal(severalText([...'abcdefghijkl'], 'joined'), 'a, b and 10 others joined');
});

test('who is paused while the party has been playing is so by a wish of their own', () => {
  const sync = { state: 'paused', verdict: 'out_of_sync', drift_ms: 9000, offset_bound_ms: 5 };
  assert.equal(syncText(sync, true, true).text, 'paused for now');
  assert.match(syncText(sync, true, false).text, /catching up/);
  assert.equal(syncText(sync, false, true).text, 'away');
  assert.equal(skewText(null, 'detached').text, 'paused for you alone');
});

test('an invite says to what', () => {
  const preview = { title: 'Friday', host_name: 'Ada', video_title: 'Nosferatu', online_count: 1, member_count: 3 };
  assert.deepEqual(inviteFacts(preview), [
    ['Host', 'Ada'],
    ['Film', 'Nosferatu'],
    ['Here now', '1 person'],
  ]);
  const untitled = { ...preview, title: '', online_count: 0, host_name: '' };
  assert.deepEqual(inviteFacts(untitled), [['Here now', 'Nobody yet']]);
  assert.deepEqual(inviteFacts({ ...untitled, title: 'Nosferatu' }), [['Here now', 'Nobody yet']], 'the film is said once');
});

test('a name that runs the other way is set apart in a sentence', () => {
  assert.equal(isolated('Zoë'), 'Zoë');
  assert.equal(isolated('שרה'), '\u2068שרה\u2069');
  assert.equal(severalText(['שרה', 'Ada'], 'joined'), '\u2068שרה\u2069 and Ada joined');
  assert.equal(playbackText('pause', 1, 'שרה'), '\u2068שרה\u2069 paused');
});
