/**
 * How the field corrects a player, as its projects publish it; restated here, on the same players, the same
 * belief of the time and the same deliveries.
 */

const STEP_MS = 50;

/** Where the room is at a party time, seconds. */
function roomS({ state, position_s, rate, at_ms }, partyMs) {
  return state === 'playing' ? position_s + (Math.max(0, partyMs - at_ms) / 1000) * rate : position_s;
}

/** Obeys commands, and looks at the error every so often; a rule says what it does about it. */
class PeerFollower {
  stepMs = STEP_MS;
  /** Whether it waits for the instant that a command names, or acts when it hears of it. */
  waits = true;
  #applied = 0;

  constructor({ media, connection, time, exact }) {
    Object.assign(this, { media, connection, time, exact });
  }

  start() {
    this.connection.addEventListener('playback', () => this.#onCommand());
    const step = () => {
      this.#step();
      this.time.scheduler.setTimeout(step, this.stepMs);
    };
    step();
  }

  /** Party time as this follower knows it. */
  get partyMs() {
    return this.exact ? this.time.ms : this.connection.partyTimeMs();
  }

  #onCommand() {
    const { playback } = this.connection.party;
    const { partyMs } = this;
    const inMs = this.waits && partyMs !== null ? playback.at_ms - partyMs : 0;
    this.time.scheduler.setTimeout(() => this.#apply(playback), Math.max(0, inMs));
  }

  #apply(playback) {
    if (playback.revision <= this.#applied) return;
    this.#applied = playback.revision;
    this.playback = playback;
    const placeS = this.waits && this.partyMs !== null ? roomS(playback, this.partyMs) : playback.position_s;
    if (Math.abs(this.media.currentTime - placeS) > 0.25) this.media.currentTime = placeS;
    if (playback.state === 'playing') void this.media.play();
    else this.media.pause();
    this.applied?.();
  }

  #step() {
    const { media, playback, partyMs } = this;
    if (!playback || playback.state !== 'playing' || partyMs === null || partyMs < playback.at_ms) return;
    if (media.seeking || media.paused || media.readyState < 3) return;
    this.correct(media.currentTime - roomS(playback, partyMs), roomS(playback, partyMs));
  }

  /** @param {number} aheadS how far it is ahead of the room @param {number} targetS */
  correct() {}
}

/** A shared play, seek or pause is done when it is heard, and that is all. */
class ActsOnReceipt extends PeerFollower {
  static title = 'act on receipt';
  static source = 'what rooms do that relay the events of their players';
  waits = false;
}

/** More than 4 s ahead: back; more than 5 s behind: forward; 1.5 s ahead: 95 % until 0.1 s. */
class Syncplay extends PeerFollower {
  static title = 'Syncplay';
  static source = 'Syncplay, constants.py: rewind 4 s, fast-forward 5 s, slow down at 1.5 s to 0.95, until 0.1 s';
  stepMs = 1000;

  correct(aheadS, targetS) {
    if (aheadS > 4 || aheadS < -5) this.media.currentTime = targetS;
    else if (aheadS > 1.5) this.media.playbackRate = 0.95;
    else if (aheadS < 0.1) this.media.playbackRate = 1;
  }
}

/** From 60 ms to 3 s: for a second at a rate that closes it; without that, from 400 ms: seek. */
class Jellyfin extends PeerFollower {
  static title = 'Jellyfin SyncPlay';
  static source = 'jellyfin-web, SyncPlay playback core: speed from 60 ms to 3 s over 1 s (at least 0.2), seek from 400 ms';
  #busyUntilMs = 0;

  correct(aheadS, targetS) {
    if (this.time.ms < this.#busyUntilMs) return;
    const diffMs = -aheadS * 1000;
    const offMs = Math.abs(diffMs);
    if (offMs >= 60 && offMs < 3000) {
      const overMs = diffMs <= -800 ? offMs / 0.8 : 1000;
      this.media.playbackRate = 1 + diffMs / overMs;
      this.#busyUntilMs = this.time.ms + overMs + 1500;
      this.time.scheduler.setTimeout(() => { this.media.playbackRate = 1; }, overMs);
    } else if (offMs >= 400) {
      this.media.currentTime = targetS;
      this.#busyUntilMs = this.time.ms + 1500;
    }
  }
}

/** Seek when two seconds off. */
class CyTube extends PeerFollower {
  static title = 'CyTube';
  static source = 'CyTube, sync accuracy of 2 s by default, on each of the server\'s updates (5 s)';
  stepMs = 5000;

  correct(aheadS, targetS) {
    if (Math.abs(aheadS) > 2) this.media.currentTime = targetS;
  }
}

/** Seek beyond 1 s; beyond 25 ms a rate by a time constant of half a second. */
class TimingSource extends PeerFollower {
  static title = 'timingsrc';
  static source = 'timingsrc (W3C Timing Object): threshold 1 s, tolerance 0.025 s, time constant 0.5 s';

  correct(aheadS, targetS) {
    const offS = Math.abs(aheadS);
    if (offS > 1) {
      this.media.currentTime = targetS;
      this.media.playbackRate = 1;
      return;
    }
    const factor = (offS + 0.5) / 0.5;
    const rate = aheadS > 0 ? 1 / factor : factor;
    this.media.playbackRate = offS > 0.025 ? Math.min(Math.max(rate, 0.25), 4) : 1;
  }
}

/** A rate in proportion to the error, from raw readings; seek beyond a second. */
class Proportional extends PeerFollower {
  static title = 'proportional';
  static source = 'the textbook controller: rate = 1 + error over a second, at most 10 %';

  correct(aheadS, targetS) {
    if (Math.abs(aheadS) > 1) this.media.currentTime = targetS;
    else this.media.playbackRate = 1 + Math.min(Math.max(-aheadS, -0.1), 0.1);
  }
}

/** What such a player could reach at best: it reads the truth, without noise, and nudges and seeks as it likes. */
class Limit extends PeerFollower {
  static title = 'limit';
  static source = 'an oracle: exact party time, exact position';
  stepMs = 20;
  #soughtMs = -Infinity;

  correct() {
    const targetS = roomS(this.playback, this.time.ms);
    const aheadS = this.media.trueS - targetS;
    if (Math.abs(aheadS) > 0.5 && this.time.ms - this.#soughtMs > 1000) {
      this.#soughtMs = this.time.ms;
      this.media.currentTime = targetS + this.media.player.landMs / 1000;
    } else if (Math.abs(aheadS) > 0.001) {
      this.media.playbackRate = 1 + Math.min(Math.max(-aheadS / 0.1, -0.25), 0.25);
    } else {
      this.media.playbackRate = 1;
    }
  }
}

export const RULES = [ActsOnReceipt, Syncplay, CyTube, Jellyfin, TimingSource, Proportional, Limit];
