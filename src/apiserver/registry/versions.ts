/**
 * Objects that are stored in one version and asked for in another, where only somebody outside can
 * convert them. Kinds without such versions pay a look at their `conversion`.
 */
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { Sealed } from "#api/request.ts";
import { decodeJson } from "#schema/json.ts";
import { isEmpty } from "#schema/layout.ts";
import type { WatchCache } from "../cache/watch-cache.ts";
import { ComputedObject, StoredObject } from "../sealed.ts";
import type { ObjectDraft } from "./metadata.ts";

/** In one question to whoever converts. */
const objectsAtOnceMax = 500;

/** The object in the version of the kind. */
export function shown(kind: AnyKind, sealed: Sealed): Sealed | Promise<Sealed> {
  if (!kind.conversion) return sealed;
  return shownAll(kind, [sealed]).then(([one]) => one as Sealed);
}

/** A revision never changes: it is converted once for each version. By kind, because rules change. */
const converted = new WeakMap<AnyKind, WeakMap<Sealed, Sealed>>();
/** Lists that are the same are answered with the same array, so that they are encoded once. */
const lists = new WeakMap<AnyKind, WeakMap<readonly Sealed[], readonly Sealed[]>>();

/**
 * In the same order, in as few questions as can be. Throws InternalError.
 * differs: a conversion webhook is asked once about a revision; upstream asks it for every read.
 */
export async function shownAll(
  kind: AnyKind,
  items: readonly Sealed[],
): Promise<readonly Sealed[]> {
  if (!kind.conversion || items.length === 0) return items;
  const known = memoOf(converted, kind);
  const knownLists = memoOf(lists, kind);
  const before = knownLists.get(items);
  if (before) return before;
  const missing = items.filter((sealed) => !isPlain(kind, sealed) && !known.has(sealed));
  for (let at = 0; at < missing.length; at += objectsAtOnceMax) {
    await convert(kind, missing.slice(at, at + objectsAtOnceMax), known);
  }
  const all = items.map((sealed) => known.get(sealed) ?? sealed);
  knownLists.set(items, all);
  return all;
}

function memoOf<K extends object, V>(
  memos: WeakMap<AnyKind, WeakMap<K, V>>,
  kind: AnyKind,
): WeakMap<K, V> {
  const known = memos.get(kind) ?? new WeakMap<K, V>();
  memos.set(kind, known);
  return known;
}

/** It is in that version already, and its encodings are. */
const isPlain = ({ apiVersion }: AnyKind, sealed: Sealed): boolean =>
  sealed.object.apiVersion === apiVersion &&
  (!(sealed instanceof StoredObject) || sealed.kind.apiVersion === apiVersion);

async function convert(
  kind: AnyKind,
  items: readonly Sealed[],
  known: WeakMap<Sealed, Sealed>,
): Promise<void> {
  const others = items.filter(({ object }) => object.apiVersion !== kind.apiVersion);
  const objects = others.map(({ object }) => object);
  const made = objects.length === 0 ? [] : await kind.conversion?.convert(objects, kind.apiVersion);
  const results = new Map(others.map((sealed, index) => [sealed, made?.[index]]));
  for (const sealed of items) {
    const object = results.get(sealed) ?? sealed.object;
    const fit = fitting(kind, object);
    known.set(sealed, new ComputedObject(kind.schema, fit as ApiObject, sealed.revision));
  }
}

/** Pruned, and in canonical order; what it leaves out is not filled in. As upstream. */
function fitting({ schema, kind, apiVersion }: Fitting, object: ApiObject): object {
  const typed = { ...object, kind, apiVersion };
  return decodeJson(schema, typed, { defaults: false }).value as object;
}

type Fitting = Pick<AnyKind, "schema" | "kind" | "apiVersion">;

/** Objects of any version of the kind in another one. What is empty stays so. Throws InternalError. */
export async function inVersion(
  { conversion, kind, schema, versions }: AnyKind,
  objects: readonly object[],
  apiVersion: string,
): Promise<readonly object[]> {
  // They differ in the name of the version only.
  if (!conversion) return objects;
  const whole = objects.filter((object) => !isEmpty(object)).map((object) => unmanaged(object));
  const made = whole.length === 0 ? [] : await conversion.convert(whole, apiVersion);
  const as: Fitting = { kind, apiVersion, schema: versions?.get(apiVersion) ?? schema };
  const results = made.map((object) => fitting(as, object)).values();
  return objects.map((object) => (isEmpty(object) ? object : (results.next().value ?? object)));
}

/** Who owns what is not for those to see who convert. */
function unmanaged(object: object): ApiObject {
  const { metadata, ...rest } = object as ApiObject;
  const { managedFields: _, ...own } = metadata;
  return { ...rest, metadata: own };
}

/** A draft of the kind in the version that is stored. */
export async function storable(
  cache: WatchCache,
  kind: AnyKind,
  draft: ObjectDraft,
): Promise<ObjectDraft> {
  const stored = cache.of(kind).kind;
  if (!kind.conversion || stored.apiVersion === kind.apiVersion) return draft;
  const typed = { ...draft, kind: kind.kind, apiVersion: kind.apiVersion } as ApiObject;
  const [made] = await kind.conversion.convert([typed], stored.apiVersion);
  return fitting(stored, made as ApiObject) as ObjectDraft;
}
