/**
 * What the server serves: kinds under their groups and versions, with their subresources. It can
 * grow while the server runs; nobody keeps a copy, everybody asks.
 */
import type { AlsoServed, AnyKind, ApiObject } from "#api/kind.ts";
import type { Sealed } from "#api/request.ts";
import { draftOf } from "#schema/copy.ts";
import { inOrder } from "#schema/order.ts";
import type { Draft } from "#schema/struct.ts";
import { ComputedObject } from "./sealed.ts";
import type { Subresource } from "./subresources/subresource.ts";
import type { Virtual } from "./virtual/virtual.ts";

/** One kind under one group and version. */
export interface Served {
  /** As clients of this group and version see it. */
  readonly kind: AnyKind;
  /** As it is stored; the same, mostly. */
  readonly stored: AnyKind;
  readonly toStored: (draft: Draft<ApiObject>) => Draft<ApiObject>;
  readonly fromStored: (sealed: Sealed) => Sealed;
  /** By name; `status` and `scale` are traits of the kind. */
  readonly subresources: ReadonlyMap<string, Subresource>;
  readonly virtual: Virtual | undefined;
}

export interface KindSources {
  readonly kinds: readonly AnyKind[];
  readonly subresources: readonly Subresource[];
  readonly virtuals: readonly Virtual[];
}

export class KindRegistry {
  readonly #sources: Omit<KindSources, "kinds">;
  /** By apiVersion, then by plural. */
  readonly #served = new Map<string, Map<string, Served>>();
  readonly #ownGroups = new Set<string>();
  readonly #listeners = new Set<(kind: AnyKind) => void>();
  #changes = 0;

  constructor({ kinds, ...sources }: KindSources) {
    this.#sources = sources;
    for (const kind of kinds) this.add(kind);
  }

  /** Grows with every change: what is derived from all kinds is kept until it differs. */
  get changes(): number {
    return this.#changes;
  }

  add(kind: AnyKind): void {
    const virtual = this.#sources.virtuals.find((other) => isSame(other.kind, kind));
    if (!kind.storage && !virtual) return;
    const subresources = this.#subresourcesOf(kind);
    this.#ownGroups.add(kind.group);
    this.#put({ kind, stored: kind, toStored: same, fromStored: same, subresources, virtual });
    for (const other of kind.alsoServed ?? []) this.#put(alternative(kind, other));
    this.#changes += 1;
    for (const listener of this.#listeners) listener(kind);
  }

  /** Serves a kind that came while the server runs, or another state of one. */
  serve(served: Served): void {
    this.#put(served);
    this.#changes += 1;
  }

  withdraw({ apiVersion, plural }: AnyKind): void {
    const plurals = this.#served.get(apiVersion);
    plurals?.delete(plural);
    if (plurals?.size === 0) this.#served.delete(apiVersion);
    this.#changes += 1;
  }

  onAdded(listener: (kind: AnyKind) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  find(apiVersion: string, plural: string): Served | undefined {
    return this.#served.get(apiVersion)?.get(plural);
  }

  /** Whether kinds of the group came with the program. */
  isOwnGroup(group: string): boolean {
    return this.#ownGroups.has(group);
  }

  hasVersion(apiVersion: string): boolean {
    return this.#served.has(apiVersion);
  }

  hasKind(apiVersion: string, name: string): boolean {
    return (
      this.#served
        .get(apiVersion)
        ?.values()
        .some(({ kind }) => kind.kind === name) ?? false
    );
  }

  /** In no particular order. */
  *all(): Iterable<Served> {
    for (const plurals of this.#served.values()) yield* plurals.values();
  }

  /** Each prefix of the store once. */
  *stored(): Iterable<AnyKind> {
    for (const { kind, stored } of this.all()) if (kind === stored && kind.storage) yield kind;
  }

  #subresourcesOf(kind: AnyKind): ReadonlyMap<string, Subresource> {
    const found = this.#sources.subresources.filter(({ of }) => isSame(of, kind));
    return new Map(found.map((subresource) => [subresource.name, subresource]));
  }

  #put(served: Served): void {
    const { apiVersion, plural } = served.kind;
    const plurals = this.#served.get(apiVersion) ?? new Map<string, Served>();
    plurals.set(plural, served);
    this.#served.set(apiVersion, plurals);
  }
}

const same = <T>(value: T): T => value;

const isSame = (a: AnyKind, b: AnyKind): boolean =>
  a === b || (a.apiVersion === b.apiVersion && a.kind === b.kind && a.plural === b.plural);

/** Another version of the kind: decoded, encoded and published as that, everything else as stored. */
function alternative(stored: AnyKind, other: AlsoServed): Served {
  const { group, version, kind: name, plural, hash, schema } = other;
  const apiVersion = group === "" ? version : `${group}/${version}`;
  const kind: AnyKind = {
    ...stored,
    group,
    version,
    apiVersion,
    kind: name,
    listKind: `${name}List`,
    plural,
    shortNames: other.shortNames ?? stored.shortNames,
    categories: other.categories ?? stored.categories,
    schema,
    ...(other.doc === undefined ? {} : { doc: other.doc }),
    ...(stored.storage ? { storage: { ...stored.storage, hash } } : {}),
    ...(other.selectableFields ? { selectableFields: other.selectableFields as never } : {}),
  };
  return {
    kind,
    stored,
    toStored: (draft) => ({
      ...(other.toStored(draft as never) as Draft<ApiObject>),
      kind: stored.kind,
      apiVersion: stored.apiVersion,
    }),
    fromStored: converter(kind, other),
    subresources: new Map(),
    virtual: undefined,
  };
}

/** Each object is converted at most once, like it is encoded at most once. */
function converter(kind: AnyKind, other: AlsoServed): Served["fromStored"] {
  const converted = new WeakMap<Sealed, Sealed>();
  return (sealed) => {
    const known = converted.get(sealed);
    if (known) return known;
    const object = other.fromStored(draftOf(sealed.object) as never);
    const typed = { ...object, kind: kind.kind, apiVersion: kind.apiVersion };
    const canonical = inOrder(kind.schema, typed) as ApiObject;
    const made = new ComputedObject(kind.schema, canonical, sealed.revision);
    converted.set(sealed, made);
    return made;
  };
}
