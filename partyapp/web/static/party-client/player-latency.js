// @ts-check
/**
 * A latency of this member's player, learned from what it did: how long it takes to begin after play(),
 * or how late it lands after a seek. Knowing it, the next order is given early by as much.
 */

/** Weight of the newest sample. */
const WEIGHT = 0.5;
/** A longer latency is a stall, and no reason to aim further ahead. */
const LIMIT_MS = 1000;

export class PlayerLatency {
  /** @param {number} [initialMs] the estimate before the first sample */
  constructor(initialMs = 0) {
    /** The estimated latency, in ms, 0 to 1000. */
    this.ms = initialMs;
  }

  /** @param {number} sampleMs the latency of one order as it was seen */
  learn(sampleMs) {
    if (!Number.isFinite(sampleMs)) return;
    const next = this.ms + WEIGHT * (sampleMs - this.ms);
    this.ms = Math.min(LIMIT_MS, Math.max(0, next));
  }

  /**
   * Learn from the residual of an order that was given early by the estimated latency.
   * @param {number} lateMs how late the player turned out to be (negative: early)
   */
  learnResidual(lateMs) {
    this.learn(this.ms + lateMs);
  }
}
