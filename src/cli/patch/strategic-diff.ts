/**
 * The strategic merge patch that leads from one state of an object to another: what edit, label and
 * their like send; and, in three ways, what apply sends: changes between the live object and the new
 * configuration, deletions between the last configuration and the new one.
 * upstream: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go#CreateThreeWayMergePatch
 */
import { equal } from "#schema/copy.ts";
import { formOf } from "#schema/json/forms.ts";
import { layoutOf } from "#schema/layout.ts";
import type { AnyStruct, FieldOptions, Type } from "#schema/struct.ts";
import { isKeyed, type Keyed } from "./keyed.ts";

interface States<T> {
  /** Where deletions are measured from. */
  readonly original: T;
  /** Where changes are measured from. */
  readonly current: T;
  readonly modified: T;
}

/** `{}` when there is nothing to do. */
export const strategicDiff = (struct: AnyStruct, states: States<Keyed>): Keyed =>
  diffMaps(states, { type: { is: "struct", struct: () => struct }, retains: false });

export const twoWayDiff = (struct: AnyStruct, original: Keyed, modified: Keyed): Keyed =>
  strategicDiff(struct, { original, current: original, modified });

interface Place {
  readonly type: Type | undefined;
  /** The patch lists all keys that stay: a union, where members push each other out. */
  readonly retains: boolean;
}

type Patch = Record<string, unknown>;

function diffMaps(states: States<Keyed>, place: Place): Patch {
  const { original, current, modified } = states;
  const patch: Patch = {};
  for (const [key, value] of Object.entries(modified)) {
    const field = fieldOf(place, key);
    const before = { original: original[key], current: current[key] };
    Object.assign(patch, diffField(key, { ...before, modified: value }, field));
  }
  for (const key of Object.keys(original)) if (!(key in modified)) patch[key] = null;
  if (place.retains) retain(patch, states);
  return patch;
}

function retain(patch: Patch, { original, current, modified }: States<Keyed>): void {
  const kept = Object.keys(modified).filter((key) => modified[key] !== null);
  const isLeft = (state: Keyed): boolean =>
    Object.keys(state).some((key) => state[key] !== null && !(key in modified));
  if (kept.length === 0) return;
  if (Object.keys(patch).length > 0 || isLeft(original) || isLeft(current))
    patch["$retainKeys"] = kept.toSorted();
}

interface Field {
  readonly type: Type | undefined;
  readonly options: FieldOptions;
}

const unknownField: Field = { type: undefined, options: {} };

function fieldOf({ type }: Place, key: string): Field {
  if (type?.is === "map") return { type: type.value, options: {} };
  if (type?.is !== "struct" || formOf(type.struct())) return unknownField;
  return layoutOf(type.struct()).byName.get(key) ?? unknownField;
}

/** What the field adds to the patch: nothing, itself, or itself with directives beside it. */
function diffField(key: string, states: States<unknown>, field: Field): Patch {
  const { original, current, modified } = states;
  const strategy = (field.options.patch ?? "").split(",");
  if (isKeyed(modified) && isKeyed(current) && !strategy.includes("replace")) {
    const place = { type: field.type, retains: strategy.includes("retainKeys") };
    const inner = { original: isKeyed(original) ? original : {}, current, modified };
    const patch = diffMaps(inner, place);
    return Object.keys(patch).length > 0 ? { [key]: patch } : {};
  }
  if (Array.isArray(modified) && strategy.includes("merge")) {
    const lists = { original: listOf(original), current: listOf(current), modified };
    return diffLists(key, lists, field);
  }
  return equal(current, modified) ? {} : { [key]: modified };
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function diffLists(key: string, lists: States<readonly unknown[]>, field: Field): Patch {
  const { original, current, modified } = lists;
  if (current.length === 0 && original.length === 0)
    return modified.length > 0 ? { [key]: modified } : {};
  const mergeKey = field.options.patchKey;
  const areMaps = [...original, ...current, ...modified].every(isKeyed);
  return mergeKey !== undefined && areMaps
    ? diffItems(key, lists as States<readonly Keyed[]>, { mergeKey, field })
    : diffScalars(key, lists);
}

interface Merging {
  readonly mergeKey: string;
  readonly field: Field;
}

function diffItems(
  key: string,
  { original, current, modified }: States<readonly Keyed[]>,
  { mergeKey, field }: Merging,
): Patch {
  const place = { type: field.type?.is === "list" ? field.type.item : undefined, retains: false };
  const find = (items: readonly Keyed[], item: Keyed): Keyed | undefined =>
    items.find((other) => sameKey(other, item, mergeKey));
  const changes = modified.flatMap((item) => {
    const live = find(current, item);
    if (!live) return [item];
    const patch = diffMaps(
      { original: find(original, item) ?? {}, current: live, modified: item },
      place,
    );
    return Object.keys(patch).length > 0 ? [{ [mergeKey]: item[mergeKey], ...patch }] : [];
  });
  const deletions = original
    .filter((item) => !find(modified, item))
    .map((item) => ({ $patch: "delete", [mergeKey]: item[mergeKey] }));
  const patchList = [...changes, ...deletions];
  const isSameOrder =
    current.length === modified.length &&
    modified.every((item, at) => sameKey(current[at] ?? {}, item, mergeKey));
  const order = modified.map((item) => ({ [mergeKey]: item[mergeKey] }));
  return {
    ...(patchList.length > 0 || !isSameOrder ? { [`$setElementOrder/${key}`]: order } : {}),
    ...(patchList.length > 0 ? { [key]: patchList } : {}),
  };
}

const sameKey = (a: Keyed, b: Keyed, mergeKey: string): boolean =>
  String(a[mergeKey]) === String(b[mergeKey]);

function diffScalars(
  key: string,
  { original, current, modified }: States<readonly unknown[]>,
): Patch {
  const added = modified.filter((item) => !current.includes(item));
  const deleted = [...new Set(original)].filter((item) => !modified.includes(item));
  const isChanged = deleted.length > 0 || !equal(current, modified);
  return {
    ...(deleted.length > 0 ? { [`$deleteFromPrimitiveList/${key}`]: deleted } : {}),
    ...(isChanged ? { [`$setElementOrder/${key}`]: modified } : {}),
    ...(added.length > 0 ? { [key]: added } : {}),
  };
}
