/** The view that controllers get, over the informers of their kinds. */
import { assert } from "#base/assert.ts";
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import { byController, byOwner, byUid, type Cache, orphansOf } from "#client/cache.ts";
import type { Fact, View } from "./controller.ts";

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

interface Noted {
  readonly state: string;
  readonly since: number;
}

/**
 * The facts that a key's looks asked about, with the time each was first noted. A fact that a
 * look does not ask about is forgotten: it no longer holds.
 */
export class Facts {
  readonly #noted = new Map<string, Map<string, Noted>>();
  /** What looks that are under way asked for. */
  readonly #asked = new Map<string, Map<string, Noted>>();

  /** Only about a key whose last look asked for facts, or whose look now does: others need none. */
  note({ key, fact, state }: Fact, now: number): void {
    const facts = this.#asked.get(key) ?? this.#noted.get(key);
    if (facts && facts.get(fact)?.state !== state) facts.set(fact, { state, since: now });
  }

  /** One look at a key; call `done` when it is over. */
  look(key: string, now: number): { readonly since: View["since"]; readonly done: () => void } {
    const before = this.#noted.get(key);
    const asked = new Map<string, Noted>();
    this.#asked.set(key, asked);
    return {
      since: (fact, state = "") => {
        const known = before?.get(fact);
        const noted = known?.state === state ? known : { state, since: now };
        asked.set(fact, noted);
        return noted.since;
      },
      done: () => {
        this.#asked.delete(key);
        if (asked.size > 0) this.#noted.set(key, asked);
        else this.#noted.delete(key);
      },
    };
  }
}
