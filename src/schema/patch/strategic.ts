/**
 * Strategic merge patch: a merge patch that knows from the schema which lists to merge by which key,
 * with directives for what JSON cannot say.
 * upstream: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go
 */
import { draftOf } from "#schema/copy.ts";
import { goText } from "#schema/json/go-text.ts";
import { formOf } from "#schema/json/forms.ts";
import { layoutOf } from "#schema/layout.ts";
import { depthMax } from "#schema/limits.ts";
import type { FieldOptions, Struct, Type } from "#schema/struct.ts";
import { isMap, memberOf, PatchError, setMember, tooDeep } from "./patch-error.ts";
import {
  areMaps,
  checkOrder,
  findByKey,
  hasDirective,
  identity,
  noMergeKey,
  ordered,
  uniqueScalars,
  withoutScalars,
  wrongKind,
} from "./strategic-lists.ts";

/**
 * The patched document, to be decoded; neither `document` nor `patch` is changed, and what the patch
 * does not speak of is the document's own. Throws PatchError.
 */
export function applyStrategicPatch<Out, In>(
  struct: Struct<Out, In>,
  document: unknown,
  patch: unknown,
): unknown {
  if (!isMap(patch)) throw new PatchError("invalid JSON document"); // exact: apimachinery
  const original = isMap(document) ? document : {};
  const type: Type = { is: "struct", struct: () => struct };
  return mergeMaps(original, draftOf(patch), { type, depth: 0 });
}

type Json = Record<string, unknown>;

/** What a map is, as far as the schema knows, and how deep it lies. */
interface Place {
  readonly type: Type | undefined;
  readonly depth: number;
}

const directive = "$patch";
const retainKeys = "$retainKeys";
const deletePrefix = "$deleteFromPrimitiveList/";
const orderPrefix = "$setElementOrder/";

/** The patch is ours to change. */
function mergeMaps(given: Readonly<Json>, patch: Json, place: Place): Json {
  if (place.depth > depthMax) throw tooDeep();
  if (directive in patch) return obey(patch);
  const original = { ...given };
  retain(original, patch);
  for (const key of Object.keys(patch).filter((name) => name.startsWith(orderPrefix)))
    mergeInOrder(original, patch, { ...place, key: key.slice(orderPrefix.length) });
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(orderPrefix)) continue;
    if (key.startsWith(deletePrefix))
      deleteScalars(original, key.slice(deletePrefix.length), { value, place });
    else if (value === null) delete original[key];
    else {
      const merged = mergeValues(memberOf(original, key), value, { ...place, key });
      if (merged === undefined) delete original[key];
      else setMember(original, key, merged);
    }
  }
  return original;
}

/** `$patch` in a map: the map replaces the original, or is gone. */
function obey(patch: Json): Json {
  const { [directive]: what, ...rest } = patch;
  if (what === "replace") return rest;
  if (what === "delete") return {};
  throw unknownDirective(what, patch);
}

const unknownDirective = (what: unknown, patch: unknown): PatchError =>
  new PatchError(`unknown patch type: ${goText(what)} in map: ${goText(patch)}`); // exact: apimachinery

/** `$retainKeys` lists all keys that may stay: for unions, where one member replaces another. */
function retain(original: Json, patch: Json): void {
  const kept = patch[retainKeys];
  if (kept === undefined) return;
  delete patch[retainKeys];
  const malformed = new PatchError("invalid patch format of retainKeys"); // exact: apimachinery
  if (!Array.isArray(kept)) throw malformed;
  for (const [key, value] of Object.entries(patch)) {
    const isDirective = key.startsWith(deletePrefix) || key.startsWith(orderPrefix);
    if (value !== null && !isDirective && !kept.includes(key)) throw malformed;
  }
  for (const key of Object.keys(original)) if (!kept.includes(key)) delete original[key];
}

interface Member extends Place {
  readonly key: string;
}

/** Undefined when the patch was nothing but a directive. */
function mergeValues(original: unknown, patch: unknown, member: Member): unknown {
  const { type, options } = fieldOf(member);
  const strategy = strategyOf(options);
  if (isMap(original) && isMap(patch)) {
    if (strategy === "replace") return patch;
    return mergeMaps(original, patch, { type, depth: member.depth + 1 });
  }
  if (Array.isArray(original) && Array.isArray(patch)) {
    if (strategy !== "merge") return patch;
    return mergeLists(original, patch, listOf(member, { type, options }));
  }
  return plain(patch);
}

/** A value that meets nothing to merge with: nulls and directives in it have nothing to work on. */
function plain(patch: unknown): unknown {
  if (hasDirective(patch)) return undefined;
  if (Array.isArray(patch)) return patch.map(plain).filter((item) => item !== undefined);
  if (!isMap(patch)) return patch;
  const entries = Object.entries(patch).map(([key, value]) => [key, plain(value)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null));
}

interface Found {
  readonly type: Type | undefined;
  readonly options: FieldOptions;
}

const noOptions: FieldOptions = {};

function fieldOf({ type, key }: Member): Found {
  if (type?.is === "map") return { type: type.value, options: noOptions };
  if (type?.is !== "struct" || formOf(type.struct()))
    return { type: undefined, options: noOptions };
  return layoutOf(type.struct()).byName.get(key) ?? { type: undefined, options: noOptions };
}

/** `retainKeys` beside it only tells clients to send the directive. */
const strategyOf = ({ patch }: FieldOptions): string => (patch ?? "").replace(/,?retainKeys$/, "");

interface ListPlace extends Place {
  /** Empty where the items are scalars. */
  readonly mergeKey: string;
}

/** `type` is that of the items. */
function listOf({ depth }: Member, { type, options }: Found): ListPlace {
  const item = type?.is === "list" ? type.item : undefined;
  return { type: item, depth: depth + 1, mergeKey: options.patchKey ?? "" };
}

function mergeLists(original: unknown[], patch: unknown[], place: ListPlace): unknown[] {
  if (original.length === 0 && patch.length === 0) return original;
  if (!areMaps(original, patch)) {
    const items = uniqueScalars([...original, ...patch]);
    return ordered(items, { wanted: patch, live: original, mergeKey: "" });
  }
  const { mergeKey } = place;
  if (mergeKey === "")
    throw new PatchError(`cannot merge lists without merge key for ${nameOf(place.type)}`); // exact: apimachinery
  const items = patch.filter((item) => !hasDirective(item));
  const live = obeyInList(original, patch, mergeKey);
  if (live === undefined) return items;
  const merged = mergeItems(live, items, place);
  return ordered(merged, { wanted: items, live, mergeKey });
}

const nameOf = (type: Type | undefined): string =>
  type?.is === "struct" ? type.struct().name.replace(/^.*\./, "") : "";

/** What the items with `$patch` leave of the list; undefined when it is to be replaced. */
function obeyInList(
  original: unknown[],
  patch: unknown[],
  mergeKey: string,
): unknown[] | undefined {
  let left = original;
  let isReplaced = false;
  for (const item of patch.filter(hasDirective)) {
    const what = item[directive];
    if (what === "replace") isReplaced = true;
    else if (what === "delete") {
      const gone = identity(item, mergeKey);
      left = left.filter((other) => !isMap(other) || other[mergeKey] !== gone);
    } else if (what === "merge")
      throw new PatchError("merging lists cannot yet be specified in the patch"); // exact: apimachinery
    else throw unknownDirective(what, item);
  }
  return isReplaced ? undefined : left;
}

function mergeItems(live: unknown[], items: readonly unknown[], place: ListPlace): unknown[] {
  const { mergeKey, type, depth } = place;
  const merged = [...live];
  for (const item of items as readonly Json[]) {
    const id = item[mergeKey];
    if (id === undefined) throw noMergeKey(item, mergeKey);
    const at = findByKey(merged, mergeKey, id);
    if (at < 0) merged.push(item);
    else merged[at] = mergeMaps(merged[at] as Json, item, { type, depth });
  }
  return merged;
}

/** `$deleteFromPrimitiveList/finalizers`: these items go. */
function deleteScalars(
  original: Json,
  key: string,
  { value, place }: { value: unknown; place: Place },
): void {
  const list = memberOf(original, key);
  if (!Array.isArray(list) || !Array.isArray(value)) return;
  const { options } = fieldOf({ ...place, key });
  const isMerged = strategyOf(options) === "merge";
  setMember(original, key, isMerged ? withoutScalars(list, value) : value);
}

/** `$setElementOrder/containers`: the list is merged now, and put in this order. */
function mergeInOrder(original: Json, patch: Json, member: Member): void {
  const { key } = member;
  const wanted = patch[orderPrefix + key];
  if (!Array.isArray(wanted)) throw wrongKind("list", wanted);
  const live = listAt(original, key);
  const given = listAt(patch, key);
  const found = fieldOf(member);
  if (!found.type) throw unknownField(member);
  const mergeKey = found.options.patchKey ?? "";
  checkOrder(given ?? [], wanted, mergeKey);
  delete patch[key];
  if (!live && !given) return;
  areMaps(live ?? [], given ?? []);
  const items = given ? mergeValues(live, given, member) : live;
  setMember(original, key, ordered(items as unknown[], { wanted, live: live ?? [], mergeKey }));
}

function listAt(map: Json, key: string): unknown[] | undefined {
  const list = memberOf(map, key);
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) throw wrongKind("list", list);
  return list;
}

const unknownField = ({ type, key }: Member): PatchError =>
  new PatchError(
    `unable to find api field in struct ${nameOf(type)} for the json field ${JSON.stringify(key)}`, // exact: apimachinery
  );
