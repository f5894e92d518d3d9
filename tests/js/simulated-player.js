/** A media player in virtual time: drifts, reads with noise, lands late; driven by a SkewController. */
import { seededNormal } from './virtual-time.js';

export class SimulatedPlayer {
  /**
   * @param {object} controller
   * @param {{offMs?: number, noiseMs?: number, driftPpm?: number, landingMs?: number, rateCostMs?: number,
   *   seed?: number, roomRate?: number}} [how] offMs: how far behind the target it begins; landingMs: how long a
   *   seek takes; rateCostMs: how far it falls back when it leaves the rate of the room
   */
  constructor(controller, { offMs = 0, noiseMs = 8.5, driftPpm = 0, landingMs = 200, rateCostMs = 0, seed = 1, roomRate = 1 } = {}) {
    Object.assign(this, { controller, noiseMs, driftPpm, landingMs, rateCostMs, roomRate });
    this.normal = seededNormal(seed);
    this.nowMs = 0;
    this.targetS = 100;
    this.positionS = this.targetS - offMs / 1000;
    this.rate = roomRate;
    this.stalledUntilMs = -Infinity;
    this.rateChanges = 0;
    this.seeks = 0;
    this.largestNudge = 0;
  }

  get errorMs() {
    return (this.targetS - this.positionS) * 1000;
  }

  /** Stand still for a while, as when the network is too slow. */
  stall(forMs) {
    this.stalledUntilMs = this.nowMs + forMs;
  }

  step(dtMs = 50) {
    const playing = this.nowMs >= this.stalledUntilMs;
    this.nowMs += dtMs;
    this.targetS += (this.roomRate * dtMs) / 1000;
    if (playing) this.positionS += (this.rate * (1 + this.driftPpm / 1e6) * dtMs) / 1000;
    const correction = this.controller.observe({
      targetS: this.targetS, positionS: this.positionS + (this.normal() * this.noiseMs) / 1000,
      nowMs: this.nowMs, rate: this.rate, roomRate: this.roomRate, playing,
    });
    if (correction.kind === 'rate') {
      this.rateChanges += 1;
      if (this.rate === this.roomRate) this.positionS -= this.rateCostMs / 1000;
      this.rate = correction.rate;
      this.largestNudge = Math.max(this.largestNudge, Math.abs(correction.rate / this.roomRate - 1));
    } else if (correction.kind === 'seek') {
      this.seeks += 1;
      this.positionS = correction.positionS;
      this.stall(this.landingMs);
    }
    return correction;
  }

  /** @param {number} seconds @param {(player: SimulatedPlayer) => void} [each] */
  run(seconds, each = () => {}) {
    for (let steps = 0; steps < seconds * 20; steps += 1) {
      this.step();
      each(this);
    }
    return this;
  }
}
