/**
 * Managers of a custom resource own fields of the version in which they speak. Where it is written in one
 * version and fields are owned in others, this says what the write means in those.
 * upstream: apimachinery/pkg/util/managedfields/internal/versionconverter.go
 */
import type { AnyKind } from "#api/kind.ts";
import { FieldSet } from "#schema/fieldset.ts";
import type { AnyStruct } from "#schema/struct.ts";
import {
  addBackDangling,
  addBackOwned,
  compare,
  dropFields,
  pruneApplied,
} from "#schema/structural.ts";
import { type Changes, ownableChanges, withoutChanges } from "./field-changes.ts";
import type { Owner, Owners } from "./managers.ts";
import { inVersion } from "./versions.ts";

/** An object before and after a write. */
export interface Step {
  readonly before: object;
  readonly after: object;
}

/** By the version in which fields are owned. */
export type VersionedChanges = ReadonlyMap<string, Changes>;

export class FieldVersions {
  readonly #kind: AnyKind;
  /** The version of the request. */
  readonly spoken: string;

  constructor(kind: AnyKind, spoken: string) {
    this.#kind = kind;
    this.spoken = spoken;
  }

  /** Whose fields an owner has: those of built-in kinds are kept as they are stored. */
  of({ apiVersion }: Owner): string {
    return this.#kind.versions ? apiVersion : this.spoken;
  }

  byVersion(owners: Owners): ReadonlyMap<string, Owners> {
    const groups = Map.groupBy(owners, ([, owner]) => this.of(owner));
    return new Map([...groups].map(([version, group]) => [version, new Map(group)]));
  }

  schemaIn(version: string): AnyStruct {
    const { versions, schema } = this.#kind;
    return version === this.spoken ? schema : (versions?.get(version) ?? schema);
  }

  /**
   * Objects of one version in another, by way of the version of the request. Throws InternalError.
   */
  async convert(
    objects: readonly object[],
    { from, to }: { readonly from: string; readonly to: string },
  ): Promise<readonly object[]> {
    if (from === to) return objects;
    const isSpoken = from === this.spoken || to === this.spoken;
    const heard = isSpoken ? objects : await inVersion(this.#kind, objects, this.spoken);
    return inVersion(this.#kind, heard, to);
  }

  /** In the version of each owner. Throws InternalError, and DecodeError where items of lists cannot be told apart. */
  async changes(owners: Owners, step: Step): Promise<VersionedChanges> {
    const { spoken } = this;
    const spokenOf = ownableChanges(compare(this.schemaIn(spoken), step.before, step.after));
    const changes = new Map([[spoken, spokenOf]]);
    // What is the same is the same in every version: nobody needs to be asked.
    const isSame = this.#kind.conversion && areNone(spokenOf);
    for (const version of this.byVersion(owners).keys()) {
      if (version === spoken) continue;
      if (isSame) changes.set(version, spokenOf);
      else changes.set(version, await this.#changesIn(version, step));
    }
    return changes;
  }

  async #changesIn(version: string, { before, after }: Step): Promise<Changes> {
    const way = { from: this.spoken, to: version };
    const [first = {}, second = {}] = await this.convert([before, after], way);
    return ownableChanges(compare(this.schemaIn(version), first, second));
  }

  /** What the owners keep of what changed; the one who changed it, all of it. */
  without(owners: Owners, changes: VersionedChanges, except?: string): Owners {
    const left = [...this.byVersion(owners)].flatMap(([version, group]) => {
      const changed = changes.get(version);
      return [...(changed ? withoutChanges(group, changed, except) : group)];
    });
    return new Map(left);
  }
}

const areNone = ({ taken, removed }: Changes): boolean => taken.isEmpty && removed.isEmpty;

interface Pruning {
  /** Whose last set it is; perhaps in another version. */
  readonly last: Owner;
  /** All who own something now, the new configuration included. */
  readonly owners: Owners;
  /** What the configuration says, even if nobody can own it. */
  readonly configured: FieldSet;
}

/**
 * Takes out of a merged object what its manager applied last time, not this time, and nobody else owns
 * in whichever version. upstream: structured-merge-diff/merge/update.go#prune
 */
export async function pruneAcross(
  versions: FieldVersions,
  merged: object,
  { last, owners, configured }: Pruning,
): Promise<object> {
  const { spoken } = versions;
  if (last.fields.isEmpty) return merged;
  const first = versions.of(last);
  const groups = versions.byVersion(owners);
  if (groups.size === 1 && groups.has(first)) {
    const owned = ownedBy(owners, configured);
    return pruneApplied(versions.schemaIn(first), merged, { last: last.fields, owned });
  }
  // First the version that was applied last: what is missing there could keep it from being converted.
  const others = [...groups.keys()].filter((version) => version !== first);
  const order = groups.has(first) ? [first, ...others] : others;

  const [whole = {}] = await versions.convert([merged], { from: spoken, to: first });
  let state = { whole, kept: dropFields(versions.schemaIn(first), whole, last.fields) as object };
  let at = first;
  for (const version of order) {
    const way = { from: at, to: version };
    const [all = {}, kept = {}] = await versions.convert([state.whole, state.kept], way);
    const owned = ownedBy(groups.get(version), version === spoken ? configured : FieldSet.empty);
    state = { whole: all, kept: addBackOwned(versions.schemaIn(version), { all, kept, owned }) };
    at = version;
  }
  const [kept = {}] = await versions.convert([state.kept], { from: at, to: first });
  const schema = versions.schemaIn(first);
  const pruned = addBackDangling(schema, { all: whole, kept, last: last.fields });
  const [result = {}] = await versions.convert([pruned], { from: first, to: spoken });
  return result;
}

function ownedBy(owners: Owners | undefined, besides: FieldSet): FieldSet {
  let union = besides;
  for (const { fields } of owners?.values() ?? []) union = union.union(fields);
  return union;
}
