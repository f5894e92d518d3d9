// @ts-check
/** Listeners that end together. */

export class Listening {
  /** @type {Array<() => void>} */
  #ends = [];

  /** @param {EventTarget|null} target @param {string[]} types @param {() => void} act */
  to(target, types, act) {
    for (const type of types) {
      target?.addEventListener(type, act);
      this.#ends.push(() => target?.removeEventListener(type, act));
    }
  }

  end() {
    for (const end of this.#ends.splice(0)) end();
  }
}
