/** The view that controllers get, over the informers of their kinds. */
import { assert } from "#base/assert.ts";
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import { byController, byOwner, byUid, type Cache, orphansOf } from "#client/cache.ts";
import type { View } from "./controller.ts";

/** Everything of a view but the moment. */
export type Lookups = Omit<View, "now" | "since">;

/** What an informer offers to those that only look. */
export type Shelf<T extends ApiObject = ApiObject> = Pick<
  Cache<T>,
  "get" | "list" | "by" | "count"
>;

export function lookupsOver(shelves: ReadonlyMap<AnyKind, Shelf>): Lookups {
  const of = <T extends ApiObject>(kind: Kind<T>): Shelf<T> => {
    const shelf = shelves.get(kind);
    assert(shelf, `${kind.plural} are looked at, but not declared`);
    return shelf as unknown as Shelf<T>;
  };
  return {
    get: (kind, namespace, name) => of(kind).get(namespace, name),
    list: (kind, namespace) => of(kind).list(namespace),
    owned: (kind, owner) => of(kind).by(byController, owner.metadata.uid ?? ""),
    orphans: (kind, namespace) => of(kind).by(byController, orphansOf(namespace)),
    by: (kind, index, value) => of(kind).by(index, value),
    count: (kind, index, value) => of(kind).count(index, value),
    dependents: ({ metadata: { uid = "" } }) =>
      Array.from(shelves.values()).flatMap((shelf) => shelf.by(byOwner, uid)),
    withUid: (uid) => {
      for (const shelf of shelves.values()) {
        const [found] = shelf.by(byUid, uid);
        if (found) return found;
      }
      return undefined;
    },
  };
}

/**
 * The facts that a key's looks asked about, with the time each was first noted. A fact that a
 * look does not ask about is forgotten: it no longer holds.
 */
export class Facts {
  readonly #noted = new Map<string, Map<string, number>>();
  /** What looks that are under way asked for. */
  readonly #asked = new Map<string, Map<string, number>>();

  /** Only about a key whose last look asked for facts, or whose look now does: others need none. */
  note(key: string, fact: string, now: number): void {
    const facts = this.#asked.get(key) ?? this.#noted.get(key);
    if (facts && !facts.has(fact)) facts.set(fact, now);
  }

  /** One look at a key; call `done` when it is over. */
  look(key: string, now: number): { readonly since: View["since"]; readonly done: () => void } {
    const before = this.#noted.get(key);
    const asked = new Map<string, number>();
    this.#asked.set(key, asked);
    return {
      since: (fact) => {
        const since = before?.get(fact) ?? now;
        asked.set(fact, since);
        return since;
      },
      done: () => {
        this.#asked.delete(key);
        if (asked.size > 0) this.#noted.set(key, asked);
        else this.#noted.delete(key);
      },
    };
  }
}
