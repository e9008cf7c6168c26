/** What stands in the store, seen without the API server: what invariants are held against. */
import * as catalog from "#api/catalog.ts";
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import type { Change, Entry, Store } from "#store/store.ts";

/** One change, read. */
export interface Seen {
  readonly key: string;
  readonly revision: number;
  /** `/registry/pods`. */
  readonly prefix: string;
  readonly before: ApiObject | undefined;
  readonly after: ApiObject | undefined;
}

const decoder = new TextDecoder();
const prefixes: ReadonlySet<string> = new Set(
  Object.values(catalog as Record<string, AnyKind>).flatMap(({ storage }) =>
    storage ? [storage.prefix] : [],
  ),
);

export class View {
  readonly #byPrefix = new Map<string, Map<string, ApiObject>>();
  #revision = 0;

  /** As the store is now. */
  static async of(store: Store): Promise<View> {
    const view = new View();
    const { entries, revision } = await store.range({ prefix: "/registry/" });
    for (const entry of entries) view.#objects(prefixOf(entry.key)).set(entry.key, read(entry));
    view.#revision = revision;
    return view;
  }

  get revision(): number {
    return this.#revision;
  }

  follow({ key, revision, entry }: Change): Seen {
    const prefix = prefixOf(key);
    const objects = this.#objects(prefix);
    const before = objects.get(key);
    const after = entry && read(entry);
    if (after) objects.set(key, after);
    else objects.delete(key);
    this.#revision = revision;
    return { key, revision, prefix, before, after };
  }

  list<T extends ApiObject>(kind: Kind<T>): readonly T[] {
    return [...this.#objects(kind.storage?.prefix ?? "").values()] as unknown as readonly T[];
  }

  *all(): Generator<ApiObject> {
    for (const objects of this.#byPrefix.values()) yield* objects.values();
  }

  at(key: string): ApiObject | undefined {
    return this.#objects(prefixOf(key)).get(key);
  }

  #objects(prefix: string): Map<string, ApiObject> {
    const known = this.#byPrefix.get(prefix) ?? new Map<string, ApiObject>();
    this.#byPrefix.set(prefix, known);
    return known;
  }
}

function read({ value, revision }: Entry): ApiObject {
  const object = JSON.parse(decoder.decode(value)) as ApiObject;
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

/** Keys are `<prefix>/<name>` or `<prefix>/<namespace>/<name>`. */
function prefixOf(key: string): string {
  const beforeName = key.slice(0, key.lastIndexOf("/"));
  if (prefixes.has(beforeName)) return beforeName;
  return beforeName.slice(0, beforeName.lastIndexOf("/"));
}

export const isOf = <T extends ApiObject>(kind: Kind<T>, { prefix }: Seen): boolean =>
  prefix === kind.storage?.prefix;

export const nameOf = ({ kind, metadata: { namespace, name } }: ApiObject): string =>
  `${kind} ${namespace ? `${namespace}/` : ""}${name}`;
