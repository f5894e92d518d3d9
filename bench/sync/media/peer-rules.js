/**
 * How the field corrects a player, as its projects publish it, restated in our own words; on the same players, the
 * same clock estimates and the same deliveries.
 *
 * Where a project has no shared clock it acts when it receives a command. Its messages between commands (Syncplay's
 * states, CyTube's updates, WatchParty's map of positions) arrive here without delay, which is to its advantage.
 */
import { PeerFollower, roomS } from './peer-follower.js';

const clip = (value, least, most) => Math.min(Math.max(value, least), most);

/** A shared play, seek or pause is executed on receipt, and nothing else. No clock. */
class ActsOnReceipt extends PeerFollower {
  static title = 'act on receipt';
  static source = 'what rooms do that relay the events of their players';
  waits = false;
}

/** Receives the slowest position once a second: 4 s ahead of that, back; 1.5 s ahead, 95 % until 0.1 s. No clock. */
class Syncplay extends PeerFollower {
  static title = 'Syncplay';
  // Its fast-forward (5 s behind) is for members without control of the room; these all have it.
  static source = 'Syncplay/syncplay: constants.py, client.py; server.py: the room is where its slowest watcher is';
  waits = false;
  stepMs = 1000;

  correct() {
    const slowestS = Math.min(...this.followers.map((follower) => follower.media.currentTime));
    const aheadS = this.media.currentTime - slowestS;
    if (aheadS > 4) this.media.currentTime = slowestS;
    if (aheadS > 1.5) this.media.playbackRate = 0.95;
    else if (aheadS < 0.1) this.media.playbackRate = 1;
  }
}

/** Receives the server's position every 5 s: 2 s behind, forward; 2 s ahead, back to 1 s ahead. No clock. */
class CyTube extends PeerFollower {
  static title = 'CyTube';
  static source = 'calzoneman/sync: player/update.coffee; www/js/data.js: accuracy 2 s; config: updates each 5 s';
  waits = false;
  stepMs = 5000;

  correct() {
    // The server's own time, not the member's estimate of it.
    const serverS = roomS(this.playback, this.time.ms);
    const aheadS = this.media.currentTime - serverS;
    if (aheadS < -2) this.media.currentTime = serverS;
    else if (aheadS > 2) this.media.currentTime = serverS + 1;
  }
}

/** Receives all positions once a second: half a second behind the median, faster by a tenth of that. No clock. */
class WatchParty extends PeerFollower {
  static title = 'WatchParty';
  static source = 'howardchung/watchparty: App.tsx, REC:tsMap: from 0.5 s behind 1 + delay / 10 s, at most 1.1';
  waits = false;
  stepMs = 1000;

  correct() {
    const places = this.followers.map((follower) => follower.media.currentTime).sort((one, other) => one - other);
    const middle = places.length >> 1;
    const leaderS = places.length % 2 ? places[middle] : (places[middle - 1] + places[middle]) / 2;
    const behindS = leaderS - this.media.currentTime;
    this.media.playbackRate = behindS > 0.5 ? Math.min(1.1, 1 + Number((behindS / 10).toFixed(2))) : 1;
  }
}

/** Counts from the receipt of the command; seeks when a second off. No clock. */
class OpenTogetherTube extends PeerFollower {
  static title = 'OpenTogetherTube';
  static source = 'dyc3/opentogethertube: Room.vue: checks each 250 ms, 1 s; stores/room.ts: counts from receipt';
  waits = false;
  stepMs = 250;

  correct() {
    const placeS = this.playback.position_s + ((this.time.ms - this.appliedMs) / 1000) * this.playback.rate;
    if (Math.abs(this.media.currentTime - placeS) > 1) this.media.currentTime = placeS;
  }
}

/** Goes where the room is when a command comes, if more than 100 ms off; then lets it run. */
class Metastream extends PeerFollower {
  static title = 'Metastream';
  static source = 'samuelmaddock/metastream: VideoPlayer.tsx; extension player.js: seek threshold 100 ms';
  waits = false;
  nearS = 0.1;

  placeS(playback) {
    return this.partyMs === null ? playback.position_s : roomS(playback, this.partyMs);
  }
}

/** Starts and seeks when the command says; corrects nothing, unless the user asks for it. */
class JellyfinAsShipped extends PeerFollower {
  static title = 'Jellyfin SyncPlay, as shipped';
  static source = 'jellyfin-web: SyncPlay PlaybackCore: enableSyncCorrection is false by default';
}

/**
 * From 60 ms to 3 s: for a second at a rate that closes it; without that, from 400 ms: seek. Checks each 1.5 s, for
 * the first time 1.5 s after a start.
 */
class Jellyfin extends PeerFollower {
  static title = 'Jellyfin SyncPlay, correcting';
  // Its seeks also stop the room until everyone has landed; here they don't.
  static source = 'jellyfin-web: SyncPlay PlaybackCore: 60 ms, 3 s, 1 s, 400 ms; slowest rate 0.2, from 200 ms ahead';
  stepMs = 250;
  #checkedMs = -Infinity;
  #idleFromMs = Infinity;

  applied() {
    this.media.playbackRate = 1;
    this.#idleFromMs = this.time.ms + 1500;
  }

  correct(aheadS, targetS) {
    const nowMs = this.time.ms;
    if (nowMs - this.#checkedMs < 1500) return;
    this.#checkedMs = nowMs;
    if (nowMs < this.#idleFromMs) return;
    const behindMs = -aheadS * 1000;
    const offMs = Math.abs(behindMs);
    if (offMs >= 60 && offMs < 3000) this.#changeSpeed(behindMs);
    else if (offMs >= 400) {
      this.media.currentTime = targetS;
      this.#idleFromMs = nowMs + 1500;
    }
  }

  #changeSpeed(behindMs) {
    const forMs = behindMs <= -200 ? -behindMs / 0.8 : 1000;
    const { appliedMs } = this;
    this.media.playbackRate = 1 + behindMs / forMs;
    this.#idleFromMs = this.time.ms + forMs;
    this.time.at(this.time.ms + forMs, () => {
      if (this.appliedMs === appliedMs) this.media.playbackRate = 1;
    });
  }
}

/** Each frame: a rate by a time constant of half a second beyond 25 ms; beyond a second a jump. */
class TimingSource extends PeerFollower {
  static title = 'timingsrc';
  static source = 'chrisguttandin/timingsrc 1.4: threshold 1 s, tolerance 0.025 s, time constant 0.5 s, each frame';
  stepMs = 1000 / 60;
  // It goes on while the player seeks or stalls.
  pausesWhileBusy = false;
  #delayS = 0;
  #lastS = NaN;

  correct(aheadS, targetS) {
    const { rate } = this.playback;
    const offS = Math.abs(aheadS);
    const hereS = targetS + aheadS;
    if (offS > 1 && this.#jumps(aheadS, hereS)) {
      this.#lastS = targetS + this.#delayS;
      this.media.currentTime = this.#lastS;
      this.media.playbackRate = rate;
      return;
    }
    this.#lastS = hereS;
    const factor = (offS + 0.5) / 0.5;
    const bent = aheadS > 0 ? rate / factor : rate * factor;
    this.media.playbackRate = offS > 0.025 ? clip(bent, 0.0625, 16) : rate;
  }

  /** Whether to jump; learns from a player that stood where it was sent how late it lands. */
  #jumps(aheadS, hereS) {
    const stood = this.#lastS === hereS;
    if (aheadS < 0 || aheadS > this.#delayS) {
      if (stood) this.#delayS += Math.abs(aheadS);
      return true;
    }
    if (!stood) this.#delayS -= Math.abs(aheadS);
    return !stood;
  }
}

/** Four times a second, from three readings: a rate by four bands; beyond a second a jump with a learned lead. */
class MediaSync extends PeerFollower {
  static title = 'MediaSync';
  // Of the three readings the oldest stays, as published, until a band above 25 ms clears them. No muting here.
  static source = 'webtiming/timingsrc: mediasync.js (Norut, 2015), of the W3C Timing Object; on timeupdate';
  stepMs = 250;
  #readings = [];
  /** @type {{atMs: number, placeS: number, leadS: number}|null} */
  #jumped = null;

  applied() {
    this.#readings = [];
    this.#jumped = null;
  }

  correct(aheadS, targetS) {
    if (Math.abs(aheadS) > 1) {
      this.#jump(targetS + aheadS, targetS);
      return;
    }
    this.#readings.push(-aheadS);
    if (this.#readings.length < 3) return;
    const behindS = this.#readings.reduce((total, reading) => total + reading, 0) / this.#readings.length;
    const offS = Math.abs(behindS);
    const [most, gain] = [[0.5, 0.5, 0.75], [0.1, 0.4, 0.75], [0.025, 0.3, 0.6], [-1, 0.02, 0.07]]
      .find(([fromS]) => offS > fromS).slice(1);
    this.#readings = offS > 0.025 ? [] : this.#readings.slice(0, 1);
    this.media.playbackRate = 1 + clip(behindS * gain, -most, most);
  }

  #jump(hereS, targetS) {
    const last = this.#jumped;
    let leadS = last ? last.leadS + last.placeS + (this.time.ms - last.atMs) / 1000 - hereS : 0;
    if (Math.abs(leadS) > 5) leadS = 0;
    this.#jumped = { atMs: this.time.ms, placeS: targetS, leadS };
    this.media.playbackRate = 1;
    this.media.currentTime = targetS + leadS;
  }
}

/** A rate in proportion to the error, from raw readings; seek beyond a second. */
class Proportional extends PeerFollower {
  static title = 'proportional';
  static source = 'the textbook controller: rate = 1 + error over a second, at most 10 %';

  correct(aheadS, targetS) {
    if (Math.abs(aheadS) > 1) this.media.currentTime = targetS;
    else this.media.playbackRate = 1 + clip(-aheadS, -0.1, 0.1);
  }
}

export const RULES = [
  ActsOnReceipt, Syncplay, CyTube, WatchParty, OpenTogetherTube, Metastream, JellyfinAsShipped, Jellyfin, TimingSource,
  MediaSync, Proportional,
];
