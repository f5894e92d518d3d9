/**
 * What every peer's follower does alike: it receives commands, applies them, and checks its player at an interval.
 * A rule (peer-rules.js) says how commands are applied, and how an error is corrected.
 */

/** No seek to a position nearer than this when a command is applied, seconds. */
const NEAR_S = 0.25;

/**
 * Where the room is at a party time, seconds.
 * @param {{state: string, position_s: number, rate: number, at_ms: number}} playback
 * @param {number} partyMs
 */
export function roomS({ state, position_s, rate, at_ms }, partyMs) {
  return state === 'playing' ? position_s + (Math.max(0, partyMs - at_ms) / 1000) * rate : position_s;
}

export class PeerFollower {
  /** The interval of its checks, ms. */
  stepMs = 50;
  /** Whether it waits for the instant that a command names, or acts on receipt. */
  waits = true;
  /** No seek to a position nearer than this when a command is applied, seconds. */
  nearS = NEAR_S;
  /** Whether it corrects nothing while the player seeks, stalls or is paused. */
  pausesWhileBusy = true;
  /** @type {object|null} The command in force. */
  playback = null;
  /** When it was applied, ms of the trace. */
  appliedMs = -Infinity;

  /**
   * @param {object} parts
   * @param {import('./simulated-media.js').SimulatedMedia} parts.media
   * @param {import('./member.js').SimulatedConnection} parts.connection
   * @param {import('./simulated-time.js').SimulatedTime} parts.time
   * @param {PeerFollower[]} parts.followers everyone in the room, for peers that follow each other
   */
  constructor({ media, connection, time, followers }) {
    Object.assign(this, { media, connection, time, followers });
    followers.push(this);
  }

  start() {
    this.connection.addEventListener('playback', () => this.receive(this.connection.party.playback));
    const step = () => {
      this.#step();
      this.time.at(this.time.ms + this.stepMs, step);
    };
    step();
  }

  /** The estimated party time; null before the first estimate. */
  get partyMs() {
    return this.connection.partyTimeMs();
  }

  /** The estimated position of the room, seconds; null before the first estimate. */
  get targetS() {
    const { playback, partyMs } = this;
    return playback === null || partyMs === null ? null : roomS(playback, partyMs);
  }

  /** Whether the command in force is to play. */
  get isDue() {
    return this.playback?.state === 'playing';
  }

  /** Takes a command that has arrived. */
  receive(playback) {
    const { partyMs } = this;
    const inMs = this.waits && partyMs !== null ? playback.at_ms - partyMs : 0;
    this.time.at(this.time.ms + Math.max(0, inMs), () => this.#apply(playback));
  }

  /** The position to be at when a command is applied, seconds. */
  placeS(playback) {
    return this.waits && this.partyMs !== null ? roomS(playback, this.partyMs) : playback.position_s;
  }

  #apply(playback) {
    if (playback.revision <= (this.playback?.revision ?? 0)) return;
    this.playback = playback;
    this.appliedMs = this.time.ms;
    this.applied();
    const placeS = this.placeS(playback);
    if (Math.abs(this.media.currentTime - placeS) > this.nearS) this.media.currentTime = placeS;
    if (playback.state === 'playing') void this.media.play();
    else this.media.pause();
  }

  #step() {
    const { media, targetS } = this;
    if (targetS === null || !this.isDue) return;
    if (this.pausesWhileBusy && (media.seeking || media.paused || media.readyState < 3)) return;
    this.correct(media.currentTime - targetS, targetS);
  }

  /** Called when a command has just been applied. */
  applied() {}

  /**
   * Corrects the error, or not.
   * @param {number} _aheadS how far the player is ahead of the room, seconds
   * @param {number} _targetS where the room is
   */
  correct(_aheadS, _targetS) {}
}
