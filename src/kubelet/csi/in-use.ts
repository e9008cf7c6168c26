/**
 * Attached volumes that something on this node holds, as the node's status lists them: nobody may
 * detach those. A volume is listed before it is mounted, and until after it was unmounted.
 */
export class VolumesInUse {
  /** By the volume's name in the node's status; pods by uid, and the staging of the volume. */
  readonly #holders = new Map<string, Set<string>>();
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get names(): readonly string[] {
    return [...this.#holders.keys()].toSorted();
  }

  hold(name: string, holder: string): void {
    const holders = this.#holders.get(name);
    if (holders) {
      holders.add(holder);
      return;
    }
    this.#holders.set(name, new Set([holder]));
    this.#changed();
  }

  release(holder: string): void {
    let isChanged = false;
    for (const [name, holders] of this.#holders) {
      if (!holders.delete(holder) || holders.size > 0) continue;
      this.#holders.delete(name);
      isChanged = true;
    }
    if (isChanged) this.#changed();
  }
}
