// @ts-check
/**
 * A member's own pause: the party plays on without this player, which catches up on its return.
 *
 * It is asked for (`detach`), or noticed: a player that was moving and stands still, though nobody here has
 * paused it, was paused by its user or the system (its own controls, a headset, an incoming call). Two such
 * pauses are nobody's wish to stay away: one found after a sleep of the page, which played up to it, and one
 * of a hidden page, which ends when the page is seen again.
 */

/** A page that has not run for so long was asleep or held up: what it finds then, the system did. */
const ASLEEP_MS = 2000;

export class OwnPause {
  #onChange;
  #untilShown = false;
  #lookedMs = -Infinity;

  /** @param {(detached: boolean) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    this.isOn = false;
  }

  /** @param {boolean} [untilShown] whether it ends when the page is seen again */
  begin(untilShown = false) {
    this.#untilShown = untilShown;
    this.#set(true);
  }

  end() {
    this.#set(false);
  }

  /**
   * Called at each tick, and whenever the page is shown or hidden.
   * @param {object} found
   * @param {boolean} found.pausedByOthers whether the player stands still, and not by our own pause
   * @param {boolean} found.moving whether it moves, maybe because its user pressed play
   * @param {boolean} found.hidden whether nobody sees the page
   * @param {number} found.nowMs monotonic
   */
  look({ pausedByOthers, moving, hidden, nowMs }) {
    const asleep = nowMs - this.#lookedMs > ASLEEP_MS;
    this.#lookedMs = nowMs;
    if (this.isOn) {
      if (moving || (this.#untilShown && !hidden)) this.end();
    } else if (pausedByOthers && !asleep) {
      this.begin(hidden);
    }
  }

  /** @param {boolean} on */
  #set(on) {
    if (on === this.isOn) return;
    this.isOn = on;
    this.#onChange(on);
  }
}
