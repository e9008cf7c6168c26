/**
 * Keeps a backend's table as it should be. It remembers what is there, so that a change costs as
 * much as it changes; after anything unexpected it looks.
 */
import type { Log } from "#base/log.ts";
import type { RuleBackend } from "./backend.ts";
import type { DesiredRules } from "./desired.ts";
import { difference, type Inventory, isEmpty, note } from "./difference.ts";

export interface TableOptions {
  readonly backend: RuleBackend;
  readonly desired: DesiredRules;
  readonly log: Log;
}

/** A check sees that the table is there; now and then every rule in it is compared. */
const checksPerReading = 20;

export class Table {
  readonly #backend: RuleBackend;
  readonly #desired: DesiredRules;
  readonly #log: Log;
  /** Absent while it is not known: at first, and after a failure. */
  #inventory: Inventory | undefined;
  #failures = 0;
  #checks = 0;

  constructor({ backend, desired, log }: TableOptions) {
    this.#backend = backend;
    this.#desired = desired;
    this.#log = log;
  }

  /** Whether anything is, or may be, different from what should be. */
  get isBehind(): boolean {
    return this.#inventory === undefined || this.#desired.isTouched;
  }

  /** Throws when it failed; the next call tries again, from what is there then. */
  async bring(): Promise<void> {
    const known = this.#inventory;
    const touched = this.#desired.takeTouched();
    this.#inventory = undefined;
    try {
      // What we wrote and is refused even so is not ours to repair: begin anew.
      if (this.#failures > 1) await this.#backend.remove();
      const inventory = known ?? (await this.#backend.read());
      const change = difference(inventory, this.#desired, known && touched);
      if (!isEmpty(change)) await this.#backend.apply(change);
      note(inventory, change);
      this.#inventory = inventory;
      this.#failures = 0;
    } catch (cause) {
      this.#failures++;
      throw cause;
    }
  }

  /** Looks whether somebody else changed it: `nft flush ruleset` spares nobody. */
  async check(): Promise<void> {
    this.#checks++;
    const isIntact = await this.#backend.isIntact();
    if (!isIntact) this.#log.warn("the rules were removed by somebody else");
    if (!isIntact || this.#checks % checksPerReading === 0) this.#inventory = undefined;
  }
}
