/**
 * What such players allow at best: an oracle that reads the true party time and the true position without noise,
 * and knows what each player takes on average to start and to land. Stalls, and how late this one start or landing
 * is, are as unknown to it as to the rules, and it receives commands when they do.
 */
import { PeerFollower, roomS } from './peer-follower.js';

const STEP_MS = 20;
/** Our own limit for a rate. */
const LARGEST_NUDGE = 0.25;
const NEAR_S = 0.00005;
/** A seek leaves an error too, so it has to be worth it: from this share of the landing on. */
const SEEK_SHARE = 0.5;
/** Paused it goes to the very place. */
const HOLD_S = 0.001;

export class Oracle extends PeerFollower {
  static title = 'limit';
  static source = 'an oracle: exact party time, exact position';
  stepMs = STEP_MS;
  #soughtMs = -Infinity;

  constructor(parts) {
    super(parts);
    // With the pitch bent a change of the rate costs nothing.
    this.media.preservesPitch = false;
  }

  get partyMs() {
    return this.time.ms;
  }

  /** Prepares a start, so that playback begins at its instant. */
  receive(playback) {
    const { media, time } = this;
    const inMs = playback.at_ms - time.ms;
    if (media.paused && playback.state === 'playing' && inMs > 0) {
      const lateS = Math.max(0, media.player.landMs - inMs) / 1000;
      if (Math.abs(media.trueS - playback.position_s) > HOLD_S) media.currentTime = playback.position_s + lateS;
      time.at(time.ms + Math.max(0, inMs - media.player.startMs), () => void media.play());
    }
    super.receive(playback);
  }

  placeS(playback) {
    const here = this.media.trueS;
    const place = roomS(playback, this.time.ms);
    const landS = playback.state === 'playing' ? this.media.player.landMs / 1000 : 0;
    if (playback.state !== 'playing') this.nearS = HOLD_S;
    else this.nearS = Math.max(0.01, SEEK_SHARE * landS);
    if (Math.abs(here - place) <= this.nearS || this.media.seeking) return this.media.currentTime;
    this.#soughtMs = this.time.ms;
    return place + landS;
  }

  correct(_aheadS, targetS) {
    const { media, time } = this;
    const aheadS = media.trueS - targetS;
    const offS = Math.abs(aheadS);
    const landS = media.player.landMs / 1000;
    if (offS > SEEK_SHARE * landS && time.ms - this.#soughtMs > 1000) {
      this.#soughtMs = time.ms;
      media.playbackRate = 1;
      media.currentTime = targetS + landS;
      return;
    }
    // Closed within one step where the rate allows it.
    const wanted = -aheadS / (STEP_MS / 1000);
    media.playbackRate = offS < NEAR_S ? 1 : 1 + Math.min(Math.max(wanted, -LARGEST_NUDGE), LARGEST_NUDGE);
  }
}
