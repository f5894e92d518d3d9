/** The length of a film is its file's; a player says so once it can rely on it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FileLength } from '../../partyapp/web/static/party-client/file-length.js';
import { party } from './fake-party.js';
import { setUp } from './follower-setup.js';

const withVideo = (duration_s) => ({ ...party().video, duration_s });
const buffered = (endS) => ({ length: 1, end: () => endS });

test('a length that another was typed for is told, once it was the same for a while', () => {
  const length = new FileLength();
  const media = { duration: 120, networkState: 1 };
  assert.equal(length.news(media, 90, 0), null);
  assert.equal(length.news(media, 90, 4900), null);
  assert.equal(length.news(media, 90, 5000), 120);
  assert.equal(length.news(media, Infinity, 6000), 120);
  assert.equal(length.news(media, 120.1, 6000), null, 'the same, to what players differ by');
  media.duration = 121;
  assert.equal(length.news(media, 90, 7000), null);
});

test('a live stream, one that is not loaded, and a file that is still read have none', () => {
  const length = new FileLength();
  for (const media of [
    { duration: Infinity, networkState: 2 }, { duration: NaN, networkState: 2 },
    { duration: 2, networkState: 2, buffered: buffered(1.9) },
  ]) {
    length.news(media, 90, 0);
    assert.equal(length.news(media, 90, 60_000), null, String(media.duration));
  }
  const read = { duration: 2, networkState: 2, buffered: buffered(1.9) };
  length.news(read, 90, 0);
  assert.equal(length.news({ ...read, networkState: 1 }, 90, 60_000), 2, 'read to its end');
});

test('typed too short, or not at all: the film goes on to the end of the file, and the length is reported', async () => {
  for (const typedS of [30, null]) {
    const { time, media, connection, follower } = setUp({ media: { durationS: 90 }, start: false });
    connection.party = party({ video: withVideo(typedS) });
    follower.start();
    connection.room({ state: 'playing', position_s: 20 });
    await time.advance(7000);
    assert.equal(connection.statuses.at(-1).duration_s, 90);
    connection.party = { ...connection.party, video: withVideo(90) };
    connection.dispatchEvent(new CustomEvent('event', { detail: {} }));
    await time.advance(20_000);
    assert.ok(media.currentTime > 40, `${media.currentTime}`);
    assert.ok(!('duration_s' in connection.statuses.at(-1)), 'known is known');
    follower.stop();
  }
});
