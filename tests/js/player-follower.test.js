/** Any player is kept where its party is: a media element by the small interface, and one in a frame that can do little. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FramePlayer, PlayerFollower, mediaElementPlayer, positionAt } from '../../partyapp/web/static/party-client/index.js';
import { SimulatedFrame } from './simulated-frame.js';
import { VirtualTime } from './virtual-time.js';

/** What a follower needs of a connection; party time is the virtual one. */
class Party extends EventTarget {
  constructor(time) {
    super();
    this.time = time;
    this.now = time.now;
    this.statuses = [];
    this.revision = 0;
    this.party = null;
    this.change('stopped', 0);
  }

  partyTimeMs(localMs = this.now()) {
    return localMs + 1e9;
  }

  estimate() {
    return { boundMs: 1 };
  }

  sendStatus(status) {
    this.statuses.push(status);
    return true;
  }

  change(state, position_s, leadMs = 150) {
    this.revision += 1;
    this.playback = { state, position_s, rate: 1, at_ms: this.partyTimeMs() + leadMs, revision: this.revision };
    this.party = { state: 'active', revision: this.revision, playback: this.playback, video: { id: 'v', duration_s: 5400 } };
    this.dispatchEvent(new CustomEvent('playback', { detail: { playback: this.playback } }));
  }

  get targetS() {
    return positionAt(this.playback, this.partyTimeMs());
  }
}

/** The errors over some seconds, four a second. */
async function errors(party, shownS, seconds) {
  const found = [];
  for (let n = 0; n < seconds * 4; n += 1) {
    await party.time.advance(250);
    found.push(Math.abs(party.targetS - shownS()));
  }
  return Math.max(...found);
}

function framed(how) {
  const time = new VirtualTime();
  const party = new Party(time);
  const frame = new SimulatedFrame(time, how);
  const player = new FramePlayer({ send: (order) => frame.send(order), now: time.now, traits: { answerMs: 120 } });
  frame.onAnswer = (answer) => player.told(answer);
  const follower = new PlayerFollower({ player, connection: party, scheduler: time.scheduler });
  follower.start();
  return { time, party, frame, player, follower };
}

for (const beginsMs of [0, 300, 900]) {
  test(`a player in a frame is started exactly, by whole seconds, though it takes ${beginsMs} ms to begin`, async () => {
    const { time, party, frame, follower } = framed({ beginsMs });
    await time.advance(1000);
    party.change('playing', 30.4);
    await time.advance(30_000);
    assert.ok(await errors(party, () => frame.trueS, 60) < 0.25);
    assert.ok(frame.orders.filter((order) => order === 'seek').length <= 8, frame.orders.join());
    const status = party.statuses.at(-1);
    assert.equal(status.state, 'playing');
    assert.equal(status.revision, party.revision);
    assert.ok(Math.abs(status.position_s - positionAt(party.playback, status.sampled_at_ms)) < 0.25);
    party.change('paused', 95.5);
    await time.advance(3000);
    assert.ok(!frame.isPlaying);
    assert.ok(Math.abs(frame.trueS - 95.5) < 1.01);
    follower.stop();
  });
}

test('a frame that stalls is started again', async () => {
  const { time, party, frame } = framed();
  await time.advance(1000);
  party.change('playing', 30);
  await time.advance(20_000);
  frame.stall(4000);
  await time.advance(30_000);
  assert.ok(await errors(party, () => frame.trueS, 20) < 0.3);
});

test('a frame that never answers is told nothing', async () => {
  const time = new VirtualTime();
  const party = new Party(time);
  const orders = [];
  const player = new FramePlayer({ send: (order) => orders.push(order), now: time.now });
  const follower = new PlayerFollower({ player, connection: party, scheduler: time.scheduler });
  follower.start();
  party.change('playing', 30);
  await time.advance(5000);
  assert.deepEqual(orders, []);
  assert.equal(follower.errorS, null);
  assert.deepEqual(party.statuses, []);
  follower.stop();
  assert.equal(time.pendingTimers, 0);
});

/** As much of a media element as the adapter uses, in virtual time. */
class Media {
  constructor(time) {
    Object.assign(this, { time, paused: true, seeking: false, readyState: 0, atS: 0, fromMs: 0, rate: 1, seeks: 0 });
  }

  get currentTime() {
    return this.atS + (this.paused ? 0 : ((this.time.now() - this.fromMs) / 1000) * this.rate * 1.0002);
  }

  set currentTime(positionS) {
    this.seeks += 1;
    this.atS = positionS;
    this.fromMs = this.time.now();
  }

  set playbackRate(rate) {
    this.#settle();
    this.rate = rate;
  }

  async play() {
    if (this.refuses) throw new Error('a click is needed');
    this.#settle();
    this.paused = false;
  }

  pause() {
    this.#settle();
    this.paused = true;
  }

  #settle() {
    this.atS = this.currentTime;
    this.fromMs = this.time.now();
  }
}

test('a media element is followed through the same interface', async () => {
  const time = new VirtualTime();
  const party = new Party(time);
  const media = new Media(time);
  const follower = new PlayerFollower({ player: mediaElementPlayer(media), connection: party, scheduler: time.scheduler });
  follower.start();
  party.change('playing', 30);
  await time.advance(1000);
  assert.equal(media.seeks, 0, 'its film is not loaded');
  media.readyState = 4;
  await time.advance(6000);
  assert.ok(await errors(party, () => media.currentTime, 60) < 0.025);
  party.change('playing', 300);
  await time.advance(6000);
  assert.ok(await errors(party, () => media.currentTime, 10) < 0.05);
  assert.ok(media.seeks <= 4, `${media.seeks}`);
});

test('a media element that seeks while its party is at rest, or has no film yet, is not called ready', async () => {
  const time = new VirtualTime();
  const party = new Party(time);
  const media = new Media(time);
  const follower = new PlayerFollower({ player: mediaElementPlayer(media), connection: party, scheduler: time.scheduler });
  const last = () => party.statuses.at(-1);
  follower.start();
  await time.advance(1000);
  assert.deepEqual([last()?.state, last()?.position_s], ['buffering', 0]);
  media.readyState = 4;
  await time.advance(1000);
  assert.equal(last().state, 'paused');
  party.change('paused', 300);
  media.seeking = true;
  await time.advance(1000);
  assert.deepEqual([last().state, last().position_s], ['buffering', 300]);
  media.seeking = false;
  await time.advance(1000);
  assert.deepEqual([last().state, last().position_s], ['paused', 300]);
  follower.stop();
});

test('a browser that wants a click first is said so', async () => {
  const media = new Media(new VirtualTime());
  media.refuses = true;
  const blocked = new Promise((resolve) => mediaElementPlayer(media, { onBlocked: resolve }).play());
  assert.match((await blocked).message, /click/);
});
