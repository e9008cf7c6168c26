/** Which nodes changed, in order: whoever remembers something per node forgets only what it must. */

const kept = 8_192;
/** A change that is of no single node: a claim, a service, a namespace. */
const noNode = -1;

export class ChangeLog {
  readonly #ring = new Int32Array(kept);
  #sequence = 0;

  /** The number of changes so far. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The node's number; without one, something else changed that decisions may depend on. */
  note(node: number = noNode): void {
    this.#ring[this.#sequence % kept] = node;
    this.#sequence++;
  }

  /** Calls back with every node that changed after `sequence`; false when that is too long ago. */
  replay(sequence: number, changed: (node: number) => void): boolean {
    if (this.#sequence - sequence > kept) return false;
    for (let at = sequence; at < this.#sequence; at++) {
      const node = this.#ring[at % kept] ?? noNode;
      if (node !== noNode) changed(node);
    }
    return true;
  }
}
