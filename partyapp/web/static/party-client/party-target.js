// @ts-check
/**
 * Where a player should be by its party's timeline and the player's own trim, and how long before a change it has to act.
 */
/** @import {ScheduledTimeline} from './timeline.js' */
/** @import {TimelinePoint} from './types.js' */

/** A seek on the way to a scheduled start is given at least this much time. */
const MIN_LANDING_MS = 200;
/** A paused picture is held to within about a frame; a place further off than this is sought. */
const LARGEST_GAP_MS = 50;

export class PartyTarget {
  #timeline;
  #of;

  /**
   * @param {ScheduledTimeline} timeline
   * @param {object} of the player, now
   * @param {() => number} of.trimMs added to the target
   * @param {() => number} of.startLatencyMs from play() until the picture moves
   * @param {() => number} of.landingLatencyMs how late a seek lands
   * @param {() => number} of.currentTimeS where it is
   */
  constructor(timeline, of) {
    this.#timeline = timeline;
    this.#of = of;
  }

  /** @param {TimelinePoint} point @returns {number} s */
  trimS({ state, rate }) {
    return state === 'playing' ? (this.#of.trimMs() * rate) / 1000 : 0;
  }

  /** @param {TimelinePoint} point @returns {number} where this player should be, s */
  at(point) {
    return Math.max(0, point.positionS + this.trimS(point));
  }

  /** @param {TimelinePoint} point @param {number} partyMs @returns {number} where to wait, s */
  holdAt(point, partyMs) {
    const next = this.#timeline.nextAfter(partyMs);
    // Going there takes time: go a moment early, so that the start itself is on time.
    const near = next && next.at_ms - partyMs <= this.approachMs;
    return this.at(near && next.state === 'playing' ? this.#timeline.at(next.at_ms) : point);
  }

  /**
   * How long before a scheduled start play() is due: earlier where it waits a little behind its place.
   * @param {number} partyMs now @returns {number} ms
   */
  startLeadMs(partyMs) {
    const next = this.#timeline.nextAfter(partyMs);
    const latencyMs = this.#of.startLatencyMs();
    if (next?.state !== 'playing') return latencyMs;
    const behindMs = ((this.at(this.#timeline.at(next.at_ms)) - this.#of.currentTimeS()) * 1000) / next.rate;
    return Math.abs(behindMs) <= LARGEST_GAP_MS ? Math.max(0, latencyMs + behindMs) : latencyMs;
  }

  /** How long before a scheduled start the media goes to its place, ms. */
  get approachMs() {
    return this.#of.startLatencyMs() + Math.max(MIN_LANDING_MS, this.#of.landingLatencyMs());
  }

  /**
   * @param {number|null} partyMs now; null while nobody knows
   * @param {number} usualMs @returns {number} when to look again, ms from now
   */
  lookInMs(partyMs, usualMs) {
    const changeMs = partyMs === null ? null : this.#timeline.nextChangeMs(partyMs);
    if (partyMs === null || changeMs === null) return usualMs;
    const untilMs = changeMs - partyMs;
    // Be awake when a seek on the way to it, when its play(), and when it itself is due.
    const due = [this.approachMs, this.startLeadMs(partyMs), 0].filter((leadMs) => untilMs > leadMs);
    return Math.max(1, Math.min(usualMs, ...due.map((leadMs) => untilMs - leadMs)));
  }
}
