/**
 * What every peer's follower does alike: it hears of commands, takes them over, and looks at its player every so
 * often. A rule (peer-rules.js) says how the commands are taken over, and what is done about an error.
 */

/** A place nearer than this is not sought when a command is taken over, seconds. */
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
  /** How often it looks, ms. */
  stepMs = 50;
  /** Whether it waits for the instant that a command names, or acts when it hears of it. */
  waits = true;
  /** A place nearer than this is not sought when a command is taken over, seconds. */
  nearS = NEAR_S;
  /** Whether it keeps its hands off while the player seeks, stalls or is paused. */
  minds = true;
  /** @type {object|null} The command it obeys now. */
  playback = null;
  /** When it took that over, ms of the trace. */
  appliedMs = -Infinity;

  /**
   * @param {object} parts
   * @param {import('./simulated-media.js').SimulatedMedia} parts.media
   * @param {import('./member.js').SimulatedConnection} parts.connection
   * @param {import('./simulated-time.js').SimulatedTime} parts.time
   * @param {PeerFollower[]} parts.fellows everyone in the room, for peers that follow each other
   */
  constructor({ media, connection, time, fellows }) {
    Object.assign(this, { media, connection, time, fellows });
    fellows.push(this);
  }

  start() {
    this.connection.addEventListener('playback', () => this.hear(this.connection.party.playback));
    const step = () => {
      this.#step();
      this.time.at(this.time.ms + this.stepMs, step);
    };
    step();
  }

  /** Party time as this follower knows it; null before it knows. */
  get partyMs() {
    return this.connection.partyTimeMs();
  }

  /** Where it believes the room to be, seconds; null before it knows. */
  get targetS() {
    const { playback, partyMs } = this;
    return playback === null || partyMs === null ? null : roomS(playback, partyMs);
  }

  /** Whether it has been told to play, and the instant to do so has come. */
  get isDue() {
    return this.playback?.state === 'playing';
  }

  /** A command has arrived. */
  hear(playback) {
    const { partyMs } = this;
    const inMs = this.waits && partyMs !== null ? playback.at_ms - partyMs : 0;
    this.time.at(this.time.ms + Math.max(0, inMs), () => this.#apply(playback));
  }

  /** Where to be when a command is taken over, seconds. */
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
    if (this.minds && (media.seeking || media.paused || media.readyState < 3)) return;
    this.correct(media.currentTime - targetS, targetS);
  }

  /** A command has just been taken over. */
  applied() {}

  /**
   * Do something about the error, or not.
   * @param {number} _aheadS how far the player is ahead of the room, seconds
   * @param {number} _targetS where the room is
   */
  correct(_aheadS, _targetS) {}
}
