// @ts-check
/**
 * Handles each message of the server: updates the party, passes answers to the clock and the commands,
 * dispatches events to listeners, and detects gaps in the revisions.
 */
import { PartyState } from './party-state.js';
import { ProblemError } from './problem.js';

/** @typedef {import('./clock-exchange.js').ClockExchange} ClockExchange */
/** @typedef {import('./pending-commands.js').PendingCommands} PendingCommands */
/** @typedef {import('./types.js').Scheduler} Scheduler */

/** A tick may overtake an event of its revision; a revision still missing after this is a gap. */
const TICK_GRACE_MS = 2000;
const DEFAULT_HEARTBEAT_MS = 20_000;

export class PartyMessages {
  #partyState = new PartyState();
  #parts;
  #firstOnSocket = true;
  #endDispatched = false;
  #isBanned = false;
  /** @type {unknown} */
  #gapTimer = null;

  /**
   * @param {object} parts
   * @param {EventTarget} parts.target where listeners are
   * @param {ClockExchange} parts.exchange
   * @param {PendingCommands} parts.commands
   * @param {Scheduler} parts.scheduler
   * @param {(reason: string) => void} parts.resync reconnect and resume
   * @param {() => number|null} parts.partyTimeMs
   * @param {Array<{receive: (message: any) => void}>} [parts.contexts] what handles the messages that are not the party's own
   */
  constructor(parts) {
    this.#parts = parts;
    this.heartbeatMs = DEFAULT_HEARTBEAT_MS;
  }

  get party() {
    return this.#partyState.party;
  }

  get resumeFrom() {
    return this.#partyState.resumeFrom;
  }

  /** A new socket begins: its first welcome is accepted whatever its revision. */
  newSocket() {
    this.#firstOnSocket = true;
  }

  /** The socket is gone: cancel the timer of its gap. */
  stop() {
    this.#parts.scheduler.clearTimeout(this.#gapTimer);
    this.#gapTimer = null;
  }

  /**
   * The server has closed the connection for good: dispatch that once, whether by its message or its close code.
   * @param {string} reason
   */
  finish(reason) {
    this.#parts.commands.settleOnClose(reason, this.#partyState.revision);
    if (reason === 'ended') this.#ended('ended', undefined);
    if (reason === 'replaced') {
      const detail = 'The party goes on in another tab or window of this device.';
      this.#problem({ status: 0, code: 'replaced', title: 'Replaced', detail });
    }
    if (reason === 'removed') {
      const detail = 'You are not a member of this party any more.';
      this.#problem({ status: 403, code: this.#isBanned ? 'banned' : 'not_a_member', title: 'Removed', detail });
    }
  }

  /** @param {any} message @param {number} receivedMs member clock */
  receive(message, receivedMs) {
    switch (message.type) {
      case 'pong': return this.#pong(message, receivedMs);
      case 'pace': return this.#pace(message);
      case 'welcome': return this.#welcome(message);
      case 'playback': return this.#playback(message);
      case 'event': return this.#event(message);
      case 'tick': return this.#tick(message);
      case 'presence': return this.#presence(message);
      case 'crowd': return this.#crowd(message);
      case 'video': return this.#video(message);
      case 'removed': return this.#removed(message);
      case 'host_returned': return this.#dispatch('host_returned', message);
      case 'notification': return this.#notification(message);
      case 'ack': return void this.#parts.commands.acknowledge(message.id, message.revision);
      case 'error': return this.#error(message);
      case 'ended': return this.#ended(message.reason, message.revision);
      // A later server may send types that nothing here knows.
      default: return this.#handOn(message);
    }
  }

  /** @param {any} message @param {number} receivedMs */
  #pong(message, receivedMs) {
    const estimate = this.#parts.exchange.handlePong(message, receivedMs);
    if (estimate && Number.isFinite(estimate.boundMs)) this.#dispatch('clock', estimate);
  }

  /** @param {any} message */
  #pace(message) {
    this.#parts.exchange.setPace(message?.ping_ms);
    this.#dispatch('pace', message);
  }

  /** @param {any} message */
  #welcome(message) {
    if (!message.party) return;
    if (!this.#partyState.applyWelcome(message.party, this.#firstOnSocket)) return;
    this.#firstOnSocket = false;
    if (message.heartbeat_s > 0) this.heartbeatMs = message.heartbeat_s * 1000;
    this.#endDispatched = message.party.state === 'ended' && this.#endDispatched;
    this.#parts.exchange.noteEpoch(message.clock_epoch, message.root_bound_ms);
    this.#parts.exchange.setPace(message.pace?.ping_ms);
    this.#clearGapTimer();
    this.#updatePlaying();
    this.#handOn(message);
    this.#dispatch('welcome', message);
  }

  /** @param {any} message */
  #handOn(message) {
    for (const context of this.#parts.contexts ?? []) context.receive(message);
  }

  /** @param {any} message Somebody took this member out; the close of the socket follows. */
  #removed(message) {
    this.#isBanned = message.banned === true;
    this.#dispatch('removed', message);
  }

  /** @param {any} message One's own, and perhaps of another party. */
  #notification({ notification }) {
    if (notification) this.#dispatch('notification', { notification });
  }

  /** @param {any} message */
  #playback(message) {
    const order = this.#partyState.applyPlayback(message.revision, message.playback);
    // The commit is proven by its broadcast, even if the ack itself got lost on the way.
    if (message.command_id) this.#parts.commands.acknowledge(message.command_id, message.revision);
    if (order === 'stale') return;
    this.#updatePlaying();
    this.#dispatch('playback', message);
    this.#resyncOnGap(order);
  }

  /** @param {any} message */
  #event(message) {
    if (!message.event) return;
    const wasLarge = this.#partyState.isLarge;
    const order = this.#partyState.applyEvent(message.event, message);
    if (order === 'applied' || order === 'replayed') {
      this.#updatePlaying();
      this.#dispatch('event', { ...message, replayed: order === 'replayed' });
    }
    this.#resyncOnGap(order);
    // A welcome lists everybody again; this copy has a few of them.
    if (wasLarge && !this.#partyState.isLarge) this.#parts.resync('the party became small');
  }

  /** @param {any} message */
  #tick(message) {
    this.#parts.exchange.noteEpoch(message.clock_epoch);
    const behind = this.#partyState.applyTick(message.revision, message.playback);
    this.#updatePlaying();
    this.#dispatch('tick', message);
    if (!behind) {
      this.#clearGapTimer();
    } else if (this.#gapTimer === null) {
      this.#gapTimer = this.#parts.scheduler.setTimeout(() => this.#stillBehind(message.revision), TICK_GRACE_MS);
    }
  }

  /** @param {number} revision */
  #stillBehind(revision) {
    this.#gapTimer = null;
    if (this.#partyState.revision < revision) this.#parts.resync('revisions are missing');
  }

  /** @param {any} message */
  #presence(message) {
    if (!Array.isArray(message.members)) return;
    this.#partyState.applyPresence(message.members);
    this.#dispatch('presence', message);
  }

  /** @param {any} message */
  #crowd(message) {
    this.#partyState.applyCrowd(message);
    this.#dispatch('crowd', message);
  }

  /** @param {any} message */
  #video(message) {
    if (this.#partyState.applyVideo(message.video)) this.#dispatch('video', message);
  }

  /** @param {any} message */
  #error(message) {
    const problem = new ProblemError(message.problem ?? {});
    if (message.id && this.#parts.commands.reject(message.id, problem)) return;
    this.#dispatch('problem', { id: message.id, problem });
  }

  /** @param {string} reason @param {number|undefined} revision */
  #ended(reason, revision) {
    if (this.#endDispatched) return;
    this.#endDispatched = true;
    this.#partyState.applyEnded(revision, this.#parts.partyTimeMs());
    this.#updatePlaying();
    this.#parts.commands.settleOnClose('ended', this.#partyState.revision);
    this.#dispatch('ended', { reason, revision: this.#partyState.revision });
  }

  /** @param {'applied'|'replayed'|'stale'|'gap'} order */
  #resyncOnGap(order) {
    // On one socket revisions come without a gap, so a skipped one is lost: resume from before it.
    if (order === 'gap') this.#parts.resync('a revision was skipped');
  }

  #clearGapTimer() {
    this.#parts.scheduler.clearTimeout(this.#gapTimer);
    this.#gapTimer = null;
  }

  #updatePlaying() {
    this.#parts.exchange.setPlaying(this.#partyState.party?.playback.state === 'playing');
  }

  /** @param {import('./types.js').Problem} problem */
  #problem(problem) {
    this.#dispatch('problem', { problem: new ProblemError(problem) });
  }

  /** @param {string} type @param {object} detail */
  #dispatch(type, detail) {
    this.#parts.target.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
