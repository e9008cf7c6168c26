/** Entries as stores keep them: whole at first, and small once nobody has written them for a while. */
import { bufferOf, isAlone, isKept, keptBytes } from "#base/bytes.ts";
import { type Difference, differenceFrom, restore } from "./difference.ts";
import type { Entry, Value } from "./store.ts";

/** Bytes as a value. */
export class Bytes implements Value {
  readonly value: Buffer;

  constructor(bytes: Uint8Array) {
    this.value = bufferOf(bytes);
  }

  get size(): number {
    return this.value.length;
  }

  copy(into: Uint8Array, at: number): void {
    into.set(this.value, at);
  }
}

export class HeldEntry implements Entry {
  readonly key: string;
  readonly revision: number;
  readonly created: number;
  #held: Buffer | Difference;

  constructor({
    key,
    value,
    revision,
    created,
  }: Pick<Entry, "key" | "revision" | "created" | "value">) {
    this.key = key;
    this.revision = revision;
    this.created = created;
    this.#held = kept(bufferOf(value));
  }

  /** The same buffer each time while it is whole. */
  get value(): Uint8Array {
    const held = this.#held;
    if (held instanceof Uint8Array) return held;
    const bytes = Buffer.allocUnsafe(held.size);
    restore(held, bytes, 0);
    return bytes;
  }

  get size(): number {
    const held = this.#held;
    return held instanceof Uint8Array ? held.length : held.size;
  }

  copy(into: Uint8Array, at: number): void {
    const held = this.#held;
    if (held instanceof Uint8Array) into.set(held, at);
    else restore(held, into, at);
  }

  /** Kept from now on as what differs from the first model that is like it, or, when none is, as a new one: says which. */
  shrink(models: readonly Buffer[], shareMax: number): Buffer | undefined {
    const held = this.#held;
    if (!(held instanceof Uint8Array)) return undefined;
    for (const model of models) {
      const difference = differenceFrom(model, held, shareMax);
      if (!difference) continue;
      this.#held = difference;
      return model;
    }
    // Models stay: part of a slab, each would keep all of it.
    const own = isAlone(held) ? held : copied(held, Buffer.allocUnsafeSlow(held.length));
    this.#held = own;
    return own;
  }
}

/** A small part of memory that others share would keep all of it. */
const kept = (bytes: Buffer): Buffer =>
  isKept(bytes) ? bytes : copied(bytes, keptBytes(bytes.length));

function copied(bytes: Buffer, into: Buffer): Buffer {
  into.set(bytes);
  return into;
}
