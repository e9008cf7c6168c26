/**
 * The objects of one kind as an informer knows them, found by name, by namespace and by indexes.
 * Objects are shared with everybody else in the process: nobody may change them.
 */
import type { ApiObject } from "#api/kind.ts";

/** The values by which an object is found. The function itself names the index. */
export type Index<T extends ApiObject = ApiObject> = (object: T) => Iterable<string>;

/** By the uid of the controlling owner; objects without one stand under `orphansOf(namespace)`. */
export const byController: Index = ({ metadata }) => {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  return [owner ? owner.uid : orphansOf(metadata.namespace)];
};

export const orphansOf = (namespace: string | undefined): string => `orphans in ${namespace ?? ""}`;

/** By the uids of all owners. */
export const byOwner: Index = ({ metadata }) =>
  metadata.ownerReferences?.map(({ uid }) => uid) ?? none;

export const byUid: Index = ({ metadata }) => (metadata.uid ? [metadata.uid] : none);

const none: readonly never[] = [];

/** Most values stand for one object only, and a set of one costs more than the object's own entry. */
type Entries<T> = Map<string, T | Set<T>>;

export class Cache<T extends ApiObject> {
  readonly #namespaces = new Map<string, Map<string, T>>();
  readonly #indexes = new Map<Index<T>, Entries<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#namespaces.get(namespace ?? "")?.get(name);
  }

  *all(): Generator<T> {
    for (const objects of this.#namespaces.values()) yield* objects.values();
  }

  /** In all namespaces when `namespace` is absent. */
  list(namespace?: string): readonly T[] {
    return namespace === undefined
      ? [...this.all()]
      : [...(this.#namespaces.get(namespace)?.values() ?? [])];
  }

  /** An index is made when it is first asked for, and kept from then on. */
  by(index: Index<T>, value: string): readonly T[] {
    const found = this.#entries(index).get(value);
    if (found === undefined) return none;
    return found instanceof Set ? [...found] : [found];
  }

  /** How many `by` would find. */
  count(index: Index<T>, value: string): number {
    const found = this.#entries(index).get(value);
    if (found === undefined) return 0;
    return found instanceof Set ? found.size : 1;
  }

  put(object: T): T | undefined {
    const { namespace = "", name = "" } = object.metadata;
    const objects = this.#namespaces.get(namespace) ?? new Map<string, T>();
    const old = objects.get(name);
    objects.set(name, object);
    this.#namespaces.set(namespace, objects);
    if (old) this.#unlink(old);
    else this.#size++;
    this.#link(object);
    return old;
  }

  remove({ metadata: { namespace = "", name = "" } }: ApiObject): T | undefined {
    const objects = this.#namespaces.get(namespace);
    const old = objects?.get(name);
    if (!objects || !old) return undefined;
    objects.delete(name);
    if (objects.size === 0) this.#namespaces.delete(namespace);
    this.#size--;
    this.#unlink(old);
    return old;
  }

  #entries(index: Index<T>): Entries<T> {
    const known = this.#indexes.get(index);
    if (known) return known;
    const entries: Entries<T> = new Map();
    this.#indexes.set(index, entries);
    for (const object of this.all()) enter(entries, index, object);
    return entries;
  }

  #link(object: T): void {
    for (const [index, entries] of this.#indexes) enter(entries, index, object);
  }

  #unlink(object: T): void {
    for (const [index, entries] of this.#indexes) {
      for (const value of index(object)) {
        const found = entries.get(value);
        if (found instanceof Set) found.delete(object);
        if (found === object || (found instanceof Set && found.size === 0)) entries.delete(value);
      }
    }
  }
}

function enter<T extends ApiObject>(entries: Entries<T>, index: Index<T>, object: T): void {
  for (const value of index(object)) {
    const found = entries.get(value);
    if (found instanceof Set) found.add(object);
    else if (found && found !== object) entries.set(value, new Set([found, object]));
    else entries.set(value, object);
  }
}
