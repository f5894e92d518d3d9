// @ts-check
/**
 * What each message of the server means: the party is brought up to date, the clock and the commands get
 * their answers, listeners are told, and a gap in the revisions is noticed.
 */
import { PartyMirror } from './party-mirror.js';
import { ProblemError } from './problem.js';

/** @typedef {import('./clock-exchange.js').ClockExchange} ClockExchange */
/** @typedef {import('./command-outbox.js').CommandOutbox} CommandOutbox */
/** @typedef {import('./types.js').Scheduler} Scheduler */

/** A tick may overtake the event it knows of; only what is still missing after this is a gap. */
const TICK_PATIENCE_MS = 2000;
const DEFAULT_HEARTBEAT_MS = 20_000;

export class PartyMessages {
  #mirror = new PartyMirror();
  #parts;
  #firstOnSocket = true;
  #endedTold = false;
  /** @type {unknown} */
  #gapTimer = null;

  /**
   * @param {object} parts
   * @param {EventTarget} parts.target where listeners are
   * @param {ClockExchange} parts.exchange
   * @param {CommandOutbox} parts.outbox
   * @param {Scheduler} parts.scheduler
   * @param {(reason: string) => void} parts.resync connect anew and resume
   * @param {() => number|null} parts.partyTimeMs
   */
  constructor(parts) {
    this.#parts = parts;
    this.heartbeatMs = DEFAULT_HEARTBEAT_MS;
  }

  get party() {
    return this.#mirror.party;
  }

  get resumeFrom() {
    return this.#mirror.resumeFrom;
  }

  /** A new socket begins: its first welcome is believed whatever its revision. */
  newSocket() {
    this.#firstOnSocket = true;
  }

  /** The socket is gone: what was waited for on it is void. */
  stop() {
    this.#parts.scheduler.clearTimeout(this.#gapTimer);
    this.#gapTimer = null;
  }

  /**
   * The server is done with this member; tell it once, whether its message or only its close code came.
   * @param {string} reason
   */
  finish(reason) {
    this.#parts.outbox.achieve(reason, this.#mirror.revision);
    if (reason === 'ended') this.#ended('ended', undefined);
    if (reason === 'replaced') {
      const detail = 'The party goes on in another tab or window of this device.';
      this.#problem({ status: 0, code: 'replaced', title: 'Replaced', detail });
    }
    if (reason === 'removed') {
      const detail = 'You are not a member of this party any more.';
      this.#problem({ status: 403, code: 'not_a_member', title: 'Removed', detail });
    }
  }

  /** @param {any} message @param {number} receivedMs member clock */
  receive(message, receivedMs) {
    switch (message.type) {
      case 'pong': return this.#pong(message, receivedMs);
      case 'welcome': return this.#welcome(message);
      case 'playback': return this.#playback(message);
      case 'event': return this.#event(message);
      case 'tick': return this.#tick(message);
      case 'presence': return this.#presence(message);
      case 'ack': return void this.#parts.outbox.acknowledge(message.id, message.revision);
      case 'error': return this.#error(message);
      case 'ended': return this.#ended(message.reason, message.revision);
      // A later server may say more than this client knows.
      default: return undefined;
    }
  }

  /** @param {any} message @param {number} receivedMs */
  #pong(message, receivedMs) {
    const estimate = this.#parts.exchange.handlePong(message, receivedMs);
    if (estimate && Number.isFinite(estimate.boundMs)) this.#dispatch('clock', estimate);
  }

  /** @param {any} message */
  #welcome(message) {
    if (!message.party) return;
    if (!this.#mirror.applyWelcome(message.party, this.#firstOnSocket)) return;
    this.#firstOnSocket = false;
    if (message.heartbeat_s > 0) this.heartbeatMs = message.heartbeat_s * 1000;
    this.#endedTold = message.party.state === 'ended' && this.#endedTold;
    this.#parts.exchange.noteEpoch(message.clock_epoch, message.root_bound_ms);
    this.#healed();
    this.#changed();
    this.#dispatch('welcome', message);
  }

  /** @param {any} message */
  #playback(message) {
    const order = this.#mirror.applyPlayback(message.revision, message.playback);
    // The commit is proven by its broadcast, even if the ack itself got lost on the way.
    if (message.command_id) this.#parts.outbox.acknowledge(message.command_id, message.revision);
    if (order === 'stale') return;
    this.#changed();
    this.#dispatch('playback', message);
    this.#order(order);
  }

  /** @param {any} message */
  #event(message) {
    if (!message.event) return;
    const order = this.#mirror.applyEvent(message.event, message);
    if (order === 'applied' || order === 'replayed') {
      this.#changed();
      this.#dispatch('event', { ...message, replayed: order === 'replayed' });
    }
    this.#order(order);
  }

  /** @param {any} message */
  #tick(message) {
    this.#parts.exchange.noteEpoch(message.clock_epoch);
    const behind = this.#mirror.applyTick(message.revision, message.playback);
    this.#changed();
    this.#dispatch('tick', message);
    if (!behind) {
      this.#healed();
    } else if (this.#gapTimer === null) {
      this.#gapTimer = this.#parts.scheduler.setTimeout(() => this.#stillBehind(message.revision), TICK_PATIENCE_MS);
    }
  }

  /** @param {number} revision */
  #stillBehind(revision) {
    this.#gapTimer = null;
    if (this.#mirror.revision < revision) this.#parts.resync('revisions are missing');
  }

  /** @param {any} message */
  #presence(message) {
    if (!Array.isArray(message.members)) return;
    this.#mirror.applyPresence(message.members);
    this.#dispatch('presence', message);
  }

  /** @param {any} message */
  #error(message) {
    const problem = new ProblemError(message.problem ?? {});
    if (message.id && this.#parts.outbox.refuse(message.id, problem)) return;
    this.#dispatch('problem', { id: message.id, problem });
  }

  /** @param {string} reason @param {number|undefined} revision */
  #ended(reason, revision) {
    if (this.#endedTold) return;
    this.#endedTold = true;
    this.#mirror.applyEnded(revision, this.#parts.partyTimeMs());
    this.#changed();
    this.#parts.outbox.achieve('ended', this.#mirror.revision);
    this.#dispatch('ended', { reason, revision: this.#mirror.revision });
  }

  /** @param {'applied'|'replayed'|'stale'|'gap'} order */
  #order(order) {
    // On one socket revisions come without a gap, so a skipped one is lost: resume from before it.
    if (order === 'gap') this.#parts.resync('a revision was skipped');
  }

  #healed() {
    this.#parts.scheduler.clearTimeout(this.#gapTimer);
    this.#gapTimer = null;
  }

  #changed() {
    this.#parts.exchange.setPlaying(this.#mirror.party?.playback.state === 'playing');
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
