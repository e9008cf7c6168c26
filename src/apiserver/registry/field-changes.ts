/**
 * What a write changed, and what follows for those who own fields.
 * upstream: sigs.k8s.io/structured-merge-diff/merge/update.go
 */
import { FieldSet } from "#schema/fieldset.ts";
import { DecodeError } from "#schema/json.ts";
import type { AnyStruct } from "#schema/struct.ts";
import { type Comparison, compare } from "#schema/structural.ts";
import { identityOf, type Manager, ownable, type Owner, type Owners, owning } from "./managers.ts";

export interface Changes {
  /** Added or modified. */
  readonly taken: FieldSet;
  readonly removed: FieldSet;
}

export const ownableChanges = ({ added, modified, removed }: Comparison): Changes => ({
  taken: ownable(added.union(modified)),
  removed,
});

/** Undefined where items of lists cannot be told apart: then nobody's ownership changes. */
export function changesOf(schema: AnyStruct, before: object, after: object): Changes | undefined {
  try {
    return ownableChanges(compare(schema, before, after));
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return undefined;
  }
}

export function afterUpdate(
  owners: Owners,
  manager: Manager,
  { taken, removed, time }: Changes & { readonly time: string },
): Owners {
  const identity = identityOf(manager);
  const rid = withoutFields(withoutFields(owners, taken, identity), removed, undefined);
  if (taken.isEmpty) return rid;
  const own = rid.get(identity)?.fields ?? FieldSet.empty;
  // Whoever writes the same again and again, as to a lease, keeps the set that he has.
  const fields = taken.difference(own).isEmpty ? own : own.union(taken);
  return new Map(rid).set(identity, owning(manager, fields, time));
}

/** All but one owner give up what changed. */
export const withoutChanges = (
  owners: Owners,
  { taken, removed }: Changes,
  except?: string,
): Owners => withoutFields(withoutFields(owners, taken, except), removed, except);

/** All but one owner give up the fields; who has none left is forgotten. */
function withoutFields(owners: Owners, fields: FieldSet, except: string | undefined): Owners {
  if (fields.isEmpty) return owners;
  const left = new Map<string, Owner>();
  for (const [identity, owner] of owners) {
    const kept = identity === except ? owner.fields : owner.fields.difference(fields);
    if (kept === owner.fields || kept.equals(owner.fields)) left.set(identity, owner);
    else if (!kept.isEmpty) left.set(identity, owning(owner, kept, owner.time));
  }
  return left;
}
