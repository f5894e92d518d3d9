// @ts-check
/** Event listeners that are removed together. */

export class ListenerGroup {
  /** @type {Array<() => void>} */
  #removals = [];

  /** @param {EventTarget|null} target @param {string[]} types @param {(event: Event) => void} act */
  add(target, types, act) {
    for (const type of types) {
      target?.addEventListener(type, act);
      this.#removals.push(() => target?.removeEventListener(type, act));
    }
  }

  removeAll() {
    for (const remove of this.#removals.splice(0)) remove();
  }
}
