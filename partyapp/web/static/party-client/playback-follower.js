// @ts-check
/**
 * Keeps one media element in step with its party: starts, stops and seeks it with the room's timeline,
 * corrects its error 20 times a second, and reports its status to the server.
 *
 * Events: `blocked` (the browser requires a click before it plays), `unblocked`, `detached` (this player pauses
 * alone), `attached`, `correction`, `skew`, `mediaerror`, `unseekable` (the server of the film has no byte
 * ranges); each a CustomEvent with a `detail`.
 */
import { FileLength } from './file-length.js';
import { ListenerGroup } from './listener-group.js';
import { MediaPlayer } from './media-player.js';
import { OwnPause } from './own-pause.js';
import { PartyTarget } from './party-target.js';
import { systemScheduler } from './scheduler.js';
import { SkewController } from './skew-controller.js';
import { SyncReporter } from './sync-reporter.js';
import { ScheduledTimeline, TIMELINE_EVENTS } from './timeline.js';

/** @import {FollowerOptions, Skew, TimelinePoint} from './types.js' */
/** @import {Reading} from './media-sampler.js' */
/** @import {Correction} from './skew-controller.js' */

const PLAYING_TICK_MS = 50;
const PAUSED_TICK_MS = 250;
const INVALIDATING_EVENTS = ['waiting', 'seeking', 'emptied']; // the readings so far
const PROGRESS_EVENTS = ['seeked', 'playing', 'canplay', 'loadedmetadata', 'pause', 'ended'];

export class PlaybackFollower extends EventTarget {
  #connection;
  #scheduler;
  #documentTarget;
  #player;
  #timeline = new ScheduledTimeline();
  #target;
  #controller;
  #reporter;
  #fileLength = new FileLength();
  #ownPause = new OwnPause((detached) => this.#dispatch(detached ? 'detached' : 'attached', {}));
  #started = false;
  #listeners = new ListenerGroup();
  /** @type {unknown} */
  #timer = null;

  /** @param {FollowerOptions} options */
  constructor({
    media, connection, profile = 'nudge', trimMs = 0, limitMs = 80, scheduler = systemScheduler,
    documentTarget = /** @type {any} */ (globalThis).document ?? null,
  }) {
    super();
    this.media = media;
    /** Added to the target, ms; may be set at any time. */
    this.trimMs = trimMs;
    this.#connection = connection;
    this.#scheduler = scheduler;
    this.#documentTarget = documentTarget;
    this.#controller = new SkewController({ profile });
    this.#reporter = new SyncReporter({
      limitMs,
      sendStatus: (status) => connection.sendStatus(status),
      onSkew: (skew) => this.#dispatch('skew', skew),
    });
    this.#player = new MediaPlayer({
      media, now: connection.now,
      onBlocked: () => this.#dispatch('blocked', {}), onUnblocked: () => this.#dispatch('unblocked', {}),
      onUnseekable: () => this.#dispatch('unseekable', {}),
    });
    this.#target = new PartyTarget(this.#timeline, {
      trimMs: () => this.trimMs, currentTimeS: () => media.currentTime,
      startLatencyMs: () => this.#player.startLatencyMs, landingLatencyMs: () => this.#controller.landingLatencyMs,
    });
  }

  /** @returns {Skew|null} the latest error (target minus position, ms), clock bound and verdict */
  get skew() { return this.#reporter.skew; }

  /** Whether the browser requires a user's click before it plays, and whether the picture is seen to move. */
  get blocked() { return this.#player.blocked; }
  get isMoving() { return this.#player.isMoving; }

  /**
   * @returns {{positionS: number, rate: number, isPlaying: boolean}|null} where the picture is to be now, s, and whether
   *   it is to move; null while nobody knows
   */
  get wanted() {
    const partyMs = this.#connection.partyTimeMs();
    if (partyMs === null || !this.#connection.party) return null;
    const point = this.#timeline.at(partyMs);
    const positionS = this.detached ? this.#player.ownPlaceS : this.#target.at(point);
    const isOver = this.#connection.party.state === 'ended' || this.#player.isEnd(positionS);
    return { positionS, rate: point.rate, isPlaying: point.state === 'playing' && !this.detached && !isOver };
  }

  /** Whether this player pauses alone, while the party may play on. */
  get detached() { return this.#ownPause.isOn; }

  start() {
    if (this.#started) return;
    this.#started = true;
    this.#listeners.add(this.#connection, TIMELINE_EVENTS, (event) => this.#takeTimeline(event));
    this.#reporter.listen(this.#listeners, this.#connection);
    this.#listeners.add(this.media, INVALIDATING_EVENTS, () => this.#invalidate());
    this.#listeners.add(this.media, ['emptied'], () => this.#controller.beginAnew());
    this.#listeners.add(this.media, PROGRESS_EVENTS, () => this.#tickSoon());
    this.#listeners.add(this.media, ['error'], () => this.#dispatchMediaError());
    this.#listeners.add(this.#documentTarget, ['visibilitychange'], () => this.#invalidate());
    this.#player.start();
    this.#takeTimeline();
  }

  /** Let the media element go, as it is. */
  stop() {
    this.#started = false;
    this.#listeners.removeAll();
    this.#scheduler.clearTimeout(this.#timer);
    this.#player.stop();
    this.#controller.reset();
  }

  /**
   * Go on after the browser refused to play; to be called from a user's click.
   * @returns {Promise<void>} never rejected: a refusal dispatches `blocked`
   */
  async resume() {
    this.#controller.beginAnew();
    await this.#player.resume();
    if (this.#started) this.#tick(); // The click has unlocked the player; if the room is paused it pauses again here.
  }

  /** Pause this player alone. The others see it as paused; the party plays on. */
  detach() {
    this.#player.pause();
    this.#ownPause.begin();
    if (this.#started) this.#tick();
  }

  /** Catch up with the party; from a user's click, like `resume`. @returns {Promise<void>} never rejected */
  async attach() {
    this.#ownPause.end();
    if (this.blocked) await this.resume();
    else if (this.#started) this.#tick();
  }

  /** @param {Event} [event] of the connection */
  #takeTimeline(event) {
    const { party } = this.#connection;
    if (!party) return;
    this.#timeline.follow(party, event, this.#connection.partyTimeMs() ?? -Infinity);
    this.#tick();
  }

  #tick() {
    const nowMs = this.#connection.now();
    const partyMs = this.#connection.partyTimeMs(nowMs);
    try {
      if (partyMs !== null && this.#connection.party) this.#follow(partyMs, nowMs);
    } finally {
      this.#arm(partyMs);
    }
  }

  /** @param {number|null} partyMs */
  #arm(partyMs) {
    this.#scheduler.clearTimeout(this.#timer);
    if (!this.#started) return;
    const delayMs = this.#target.lookInMs(partyMs, this.media.paused ? PAUSED_TICK_MS : PLAYING_TICK_MS);
    this.#timer = this.#scheduler.setTimeout(() => this.#tick(), delayMs);
  }

  /** Tick as soon as the present event has been handled. */
  #tickSoon() {
    this.#scheduler.clearTimeout(this.#timer);
    this.#timer = this.#scheduler.setTimeout(() => this.#tick(), 0);
  }

  /** @param {number} partyMs @param {number} nowMs */
  #follow(partyMs, nowMs) {
    const player = this.#player;
    player.look();
    const point = this.#timeline.at(partyMs);
    const upcoming = this.#timeline.at(partyMs + this.#target.startLeadMs(partyMs));
    const targetS = this.#target.at(point);
    const moving = point.state === 'playing' || upcoming.state === 'playing';
    const over = this.#connection.party?.state === 'ended';
    this.#ownPause.look({
      pausedByOthers: player.takePauseOfOthers() && point.state === 'playing' && !over && !player.isEnd(targetS),
      moving: !this.media.paused, hidden: this.#documentTarget?.visibilityState === 'hidden', nowMs,
    });
    player.stay(this.detached);
    if (this.media.error || this.detached) {
      this.#controller.reset();
    } else if (over || !moving || player.isEnd(targetS) || upcoming.positionS >= this.#timeline.durationS) {
      if (player.hold(this.#target.holdAt(point, partyMs), point.rate, this.#rest(partyMs))) this.#controller.reset();
    } else if (this.media.paused) {
      // Not for the last moment before a scheduled pause.
      if (upcoming.state === 'playing') this.#begin(upcoming);
    } else if (point.state === 'playing') {
      this.#correct(point);
    }
    const errorMs = (player.isMoving && point.state === 'playing' ? this.#controller.errorMs : null)
      ?? (targetS - this.media.currentTime) * 1000;
    this.#reporter.judge(errorMs, this.#connection.estimate()?.boundMs ?? Infinity, nowMs);
    this.#reporter.report({
      positionS: targetS - this.#target.trimS(point) - errorMs / 1000, // where the member sees it to be, the trim taken off
      state: this.detached ? 'paused' : player.stateFor(over ? 'stopped' : point.state),
      party: this.#connection.party, partyMs, nowMs,
      lengthS: this.#fileLength.news(this.media, this.#timeline.durationS, nowMs),
    });
  }

  /** @param {TimelinePoint} point where the room is when the picture moves */
  #begin(point) {
    const sought = this.#player.begin(this.#target.at(point), point.rate, this.#controller.landingLatencyMs);
    this.#controller.noteStart({ sought });
  }

  /** @param {TimelinePoint} point */
  #correct(point) {
    const { rate } = point;
    if (this.#player.isBusy) {
      const targetS = this.#target.at(point);
      const positionS = targetS + (this.#controller.landingLatencyMs * rate) / 1000;
      // What the party wants may be elsewhere by now, or the browser may have lost the seek.
      if (this.#player.isAstray(targetS, rate)) this.#apply({ kind: 'seek', positionS }, 0, rate);
      const nowhere = { targetS: 0, positionS: 0, nowMs: 0, rate };
      this.#controller.observe({ ...nowhere, roomRate: rate, playing: false });
      return;
    }
    const atMs = this.#connection.now();
    const partyMs = this.#connection.partyTimeMs(atMs);
    const targetS = partyMs === null ? null : this.#target.at(this.#timeline.at(partyMs));
    for (const reading of this.#player.read(rate, atMs, targetS)) {
      // A seek invalidates the readings after it.
      if (this.#observe(reading).kind === 'seek') return;
    }
  }

  /** @param {Reading} reading @returns {Correction} which has been applied */
  #observe({ positionS, atMs }) {
    const target = this.#timeline.at(this.#connection.partyTimeMs(atMs) ?? -Infinity);
    if (target.state !== 'playing') return { kind: 'none' }; // a frame's time may lie beyond a scheduled pause
    const correction = this.#controller.observe({
      targetS: this.#target.at(target), positionS, nowMs: atMs,
      rate: this.media.playbackRate, roomRate: target.rate, playing: true,
    });
    if (correction.kind === 'seek') {
      // The reading is a little old, and the room has moved on since.
      correction.positionS += (target.rate * (this.#connection.now() - atMs)) / 1000;
    }
    this.#apply(correction, (this.#target.at(target) - positionS) * 1000, target.rate);
    return correction;
  }

  /** @param {Correction} correction @param {number} errorMs of the reading it answers @param {number} roomRate */
  #apply(correction, errorMs, roomRate) {
    if (correction.kind === 'none') return;
    if (correction.kind === 'rate') this.#player.setRate(correction.rate, roomRate);
    else if (!this.#player.seek(correction.positionS)) return;
    this.#dispatch('correction', { ...correction, errorMs: this.#controller.errorMs ?? errorMs });
  }

  /** @param {number} partyMs @returns {{atRest: boolean, frameRate?: number|null}} how to hold the picture */
  #rest(partyMs) {
    return { atRest: !this.#timeline.nextAfter(partyMs), frameRate: this.#connection.party?.video.frame_rate };
  }

  #invalidate() {
    this.#player.invalidate();
    this.#controller.reset();
    this.#tickSoon();
  }

  #dispatchMediaError({ error } = this.media) {
    if (error) this.#dispatch('mediaerror', { code: error.code, message: error.message });
  }

  /** @param {string} type @param {object} detail */
  #dispatch(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
