/**
 * What the devices of a claim must have in common, or must not. Once a set of devices breaks a
 * constraint, more devices do not mend it: that is what lets the search stop early.
 */
import type { DeviceConstraint } from "#api/resource/device.ts";
import type { KnownDevice } from "./device-index.ts";
import type { Wanted } from "./wanted-devices.ts";

export class Constraint {
  readonly #requests: ReadonlySet<string>;
  readonly #attribute: string;
  readonly #isDistinct: boolean;
  readonly #values: string[] = [];

  constructor({ requests = [], matchAttribute, distinctAttribute }: DeviceConstraint) {
    this.#requests = new Set(requests);
    this.#attribute = matchAttribute ?? distinctAttribute ?? "";
    this.#isDistinct = matchAttribute === undefined;
  }

  /** False, and nothing is added, when the device does not go with those that are there. */
  add(wanted: Wanted, { traits }: KnownDevice): boolean {
    if (!this.#concerns(wanted)) return true;
    const value = traits.attribute(this.#attribute);
    if (value === undefined) return false;
    const isKnown = this.#values.includes(value);
    if (this.#isDistinct ? isKnown : this.#values.length > 0 && !isKnown) return false;
    this.#values.push(value);
    return true;
  }

  /** Takes back what was added last. */
  undo(wanted: Wanted): void {
    if (this.#concerns(wanted)) this.#values.pop();
  }

  /** A request stands for all its alternatives. */
  #concerns({ name, request }: Wanted): boolean {
    return this.#requests.size === 0 || this.#requests.has(name) || this.#requests.has(request);
  }
}
