/**
 * A member of the simulated room: its clock estimates, when it receives the commands, and the connection that a
 * follower uses.
 */

export class SimulatedConnection extends EventTarget {
  #estimates;
  #index = -1;

  /**
   * @param {import('./simulated-time.js').SimulatedTime} time
   * @param {{name: string, arrivals_ms: number[], estimates: number[][]}} member
   * @param {object[]} commands
   * @param {number} durationS
   */
  constructor(time, member, commands, durationS) {
    super();
    this.time = time;
    this.now = time.now;
    this.#estimates = member.estimates;
    const playback = { state: 'stopped', position_s: 0, rate: 1, at_ms: 0, revision: 0 };
    this.party = { state: 'active', revision: 0, video: { duration_s: durationS }, playback };
    member.arrivals_ms.forEach((arrivalMs, index) => time.at(arrivalMs, () => this.#receive(commands[index])));
  }

  /** The member's estimate of party time; null before its first exchange. */
  partyTimeMs(localMs = this.time.ms) {
    const estimate = this.#estimateAt(this.time.ms);
    if (!estimate) return null;
    const [atMs, errorMs, slopePpm] = estimate;
    return localMs + errorMs + slopePpm * 1e-6 * (localMs - atMs);
  }

  estimate() {
    const estimate = this.#estimateAt(this.time.ms);
    return estimate && { boundMs: estimate[3] };
  }

  sendStatus() {
    return true;
  }

  #estimateAt(ms) {
    while (this.#index + 1 < this.#estimates.length && this.#estimates[this.#index + 1][0] <= ms) this.#index += 1;
    return this.#index < 0 ? null : this.#estimates[this.#index];
  }

  #receive(playback) {
    if (playback.revision <= this.party.revision) return;
    this.party = { ...this.party, revision: playback.revision, playback };
    this.dispatchEvent(new CustomEvent('playback', { detail: {} }));
  }
}
