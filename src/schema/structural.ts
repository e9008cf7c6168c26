/**
 * Objects merged and compared field by field, as server-side apply needs it. Values are JSON as it
 * came (an applied configuration must not be made canonical first: it would own what it left out)
 * or canonical objects (what is live). Results are JSON to be decoded; nothing given is changed.
 *
 * An apply is: `checkApplied`, `fieldsOf` the configuration, `mergeApplied`, `pruneApplied`, decode,
 * `compare` with what was live; conflicts are the owners' sets that meet what was added or modified.
 */
import { deepFreeze, draftOf } from "./copy.ts";
import { DecodeError } from "./json/decode-error.ts";
import type { FieldSet } from "./fieldset.ts";
import { isEmpty, zeroStruct } from "./layout.ts";
import type { AnyStruct, Draft, Struct } from "./struct.ts";
import { atomicsIn } from "./structural/atomics.ts";
import { problemsIn } from "./structural/check.ts";
import { merged } from "./structural/merge.ts";
import { setOf } from "./structural/field-set-of.ts";
import { type Comparison, comparisonOf, withNamedFields } from "./structural/ownership.ts";
import { type Guides, newFieldsIn } from "./structural/new-fields.ts";
import { only, without } from "./structural/remove.ts";
import { NoKey, shapeOf } from "./structural/shape.ts";

export type { Comparison } from "./structural/ownership.ts";

/** What makes a configuration unfit to be applied, in upstream's words; empty when nothing does. */
export function checkApplied<Out, In>(struct: Struct<Out, In>, applied: unknown): string {
  const problems = [...problemsIn(struct, applied)];
  if (problems.length < 2) return problems.join("");
  return ["errors:", ...problems].join("\n  "); // exact: structured-merge-diff
}

/** The atomic structs, maps and lists in the value: they would replace what is there as a whole. */
export const atomicFieldsOf = <Out, In>(
  struct: Struct<Out, In>,
  value: unknown,
): readonly string[] => [...atomicsIn(shapeOf(struct), value)];

/** Every field that the value has: what an applied configuration owns. */
export const fieldsOf = <Out, In>(struct: Struct<Out, In>, value: unknown): FieldSet =>
  identified(() => setOf(shapeOf(struct), value, { self: false, all: false }));

/**
 * What an update owns is what it added and modified. A new object has `{}` before it, which stands for
 * the canonical empty one: nobody owns the structs that are always there. Throws DecodeError when
 * items cannot be named.
 */
export function compare<Out, In>(
  struct: Struct<Out, In>,
  before: object,
  after: object,
): Comparison {
  const from = isEmpty(before) ? emptyOf(struct) : before;
  return identified(() => comparisonOf(shapeOf(struct), { before: from, after }));
}

/**
 * What `compare` finds added or modified in a new object, but for the paths in `except`; the very set `like` where that is the
 * same. Undefined where only `compare` can tell. Throws DecodeError when items cannot be named.
 */
export const newFields = <Out, In>(
  struct: Struct<Out, In>,
  object: object,
  guides: Guides,
): FieldSet | undefined =>
  identified(() =>
    newFieldsIn(shapeOf(struct), { before: emptyOf(struct), after: object }, guides),
  );

const empties = new WeakMap<AnyStruct, unknown>();

function emptyOf(struct: AnyStruct): unknown {
  const known = empties.get(struct);
  if (known) return known;
  const empty = deepFreeze(zeroStruct(struct));
  empties.set(struct, empty);
  return empty;
}

/** `live` with everything that `applied` says. Throws DecodeError when items cannot be told apart. */
export function mergeApplied<Out, In>(
  struct: Struct<Out, In>,
  live: unknown,
  applied: unknown,
): Draft<Out> {
  return draftOf(identified(() => merged(shapeOf(struct), { live, applied }) ?? {})) as Draft<Out>;
}

export const removeFields = <Out, In>(
  struct: Struct<Out, In>,
  value: unknown,
  set: FieldSet,
): Draft<Out> =>
  draftOf(identified(() => without(shapeOf(struct), value, set) ?? {})) as Draft<Out>;

/** Items of lists keep the fields that identify them. */
export const extractFields = <Out, In>(
  struct: Struct<Out, In>,
  value: unknown,
  set: FieldSet,
): Draft<Out> => draftOf(identified(() => only(shapeOf(struct), value, set) ?? {})) as Draft<Out>;

interface Pruning {
  /** What the manager owned by its last apply. */
  readonly last: FieldSet;
  /** What all managers own now, the new configuration included. */
  readonly owned: FieldSet;
}

/**
 * Takes out of a merged object what its manager applied last time, not this time, and nobody else
 * owns. upstream: sigs.k8s.io/structured-merge-diff/merge/update.go#prune
 */
export function pruneApplied<Out, In>(
  struct: Struct<Out, In>,
  mergedObject: unknown,
  { last, owned }: Pruning,
): Draft<Out> {
  if (last.isEmpty) return draftOf(mergedObject) as Draft<Out>;
  const dropped = dropFields(struct, mergedObject, last);
  const kept = addBackOwned(struct, { all: mergedObject, kept: dropped, owned });
  return addBackDangling(struct, { all: mergedObject, kept, last });
}

const named = (struct: AnyStruct, set: FieldSet): FieldSet => withNamedFields(shapeOf(struct), set);

const namedFieldsOf = (struct: AnyStruct, object: unknown): FieldSet =>
  named(struct, fieldsOf(struct, object));

/** The first step of `pruneApplied`: without what the manager applied last time. */
export const dropFields = <Out, In>(
  struct: Struct<Out, In>,
  all: unknown,
  last: FieldSet,
): Draft<Out> => removeFields(struct, all, named(struct, last));

/** The second: back comes what somebody owns, with whatever lies below it and is nobody's own … */
export function addBackOwned<Out, In>(
  struct: Struct<Out, In>,
  { all, kept, owned }: { readonly all: unknown; readonly kept: unknown; readonly owned: FieldSet },
): Draft<Out> {
  const needed = namedFieldsOf(struct, kept).union(named(struct, owned));
  return removeFields(struct, all, namedFieldsOf(struct, all).difference(needed));
}

/** … and the third: what the manager never applied. */
export function addBackDangling<Out, In>(
  struct: Struct<Out, In>,
  { all, kept, last }: { readonly all: unknown; readonly kept: unknown; readonly last: FieldSet },
): Draft<Out> {
  const dropped = namedFieldsOf(struct, all).difference(namedFieldsOf(struct, kept));
  return removeFields(struct, all, dropped.intersection(named(struct, last)));
}

function identified<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof NoKey) throw new DecodeError(cause.message, { cause });
    throw cause;
  }
}
