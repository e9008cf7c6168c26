/**
 * Keeps metadata.managedFields true: after every write, whoever changed a field owns it, and what is
 * gone is nobody's. upstream: sigs.k8s.io/structured-merge-diff/merge/update.go
 */
import type { Clock } from "#base/clock.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { ManagedFieldsEntry, ObjectMeta } from "#api/meta/object-meta.ts";
import { equal } from "#schema/copy.ts";
import { FieldSet } from "#schema/fieldset.ts";
import { DecodeError } from "#schema/json.ts";
import { type Comparison, compare } from "#schema/structural.ts";
import type { Draft } from "#schema/struct.ts";
import {
  entriesAlone,
  entriesOf,
  identityOf,
  lastFieldsOf,
  type Manager,
  type Owner,
  type Owners,
  newOwnable,
  ofKnownVersions,
  ownable,
  owning,
  ownersOf,
  ownersStored,
  sameOwners,
  sameTimes,
  versionOwned,
} from "./managers.ts";
import { type ObjectDraft, timeText } from "./metadata.ts";
import type { Part, WriteContext } from "./registry.ts";

export interface Tracked {
  readonly draft: ObjectDraft;
  readonly old: ApiObject | undefined;
  readonly part: Part;
}

const nobody: Owners = new Map();

/** Writes down that the caller changed what differs between `old` and `draft`. */
export function trackUpdate(
  kind: AnyKind,
  { draft, old, part }: Tracked,
  { how, clock }: { readonly how: WriteContext; readonly clock: Clock },
): void {
  const { metadata } = draft;
  if (part === "" && saysNonsense(metadata.managedFields)) return;
  const known = old?.metadata.managedFields;
  const owners = ofKnownVersions(kind, ownersBefore(metadata, known, part));
  // Nobody kept the books of this object so far: they start with the first apply.
  if (owners.size === 0 && old) {
    delete metadata.managedFields;
    return;
  }
  const manager: Manager = {
    name: how.fieldManager,
    operation: "Update",
    apiVersion: versionOwned(kind, how.asked),
    subresource: part,
  };
  if (!old && owners.size === 0) return trackNew(kind, draft, { manager, time: timeText(clock) });
  const changes = changesOf(kind, old ?? {}, draft);
  const after = changes
    ? afterUpdate(owners, manager, { ...changes, time: timeText(clock) })
    : owners;
  setEntries(metadata, after, known);
}

/** Nearly every new object: there is nobody else, and mostly the last one by this manager had the same fields. */
function trackNew(
  kind: AnyKind,
  draft: ObjectDraft,
  { manager, time }: { readonly manager: Manager; readonly time: string },
): void {
  const fields = fieldsOfNew(kind, draft, manager);
  if (!fields || fields.isEmpty) delete draft.metadata.managedFields;
  else setEntriesOf(draft.metadata, entriesAlone(owning(manager, fields, time)));
}

function fieldsOfNew(kind: AnyKind, draft: ObjectDraft, manager: Manager): FieldSet | undefined {
  try {
    return (
      newOwnable(kind.schema, draft, lastFieldsOf(manager)) ??
      ownableChanges(compare(kind.schema, {}, draft)).taken
    );
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return undefined;
  }
}

/** Undefined where items of lists cannot be told apart: then nobody's ownership changes. */
function changesOf(kind: AnyKind, before: object, after: object): Changes | undefined {
  try {
    return ownableChanges(compare(kind.schema, before, after));
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return undefined;
  }
}

/** What the request says of owners, when it may and does; else what was known. */
function ownersBefore(
  { managedFields: asked = [] }: Draft<ObjectMeta>,
  known: readonly ManagedFieldsEntry[] | undefined,
  part: Part,
): Owners {
  if (asked.length === 0 && !known) return nobody;
  if (part === "" && isReset(asked)) return nobody;
  const isSame = part !== "" || asked.length === 0 || equal(asked, known);
  const fromRequest = isSame ? undefined : ownersOf(asked);
  if (fromRequest && fromRequest.size > 0) return fromRequest;
  return ownersStored(known) ?? nobody;
}

/** It stays as it is, for validation to refuse. */
const saysNonsense = (entries: readonly Partial<ManagedFieldsEntry>[] = []): boolean =>
  !isReset(entries) &&
  entries.some(({ operation }) => operation !== "Apply" && operation !== "Update");

/** A list of one empty entry means: forget all owners. */
const isReset = (entries: readonly object[]): boolean =>
  entries.length === 1 && Object.keys(entries[0] ?? {}).length === 0;

/** Keeps the entries that are there when they say the same: then nothing changes. */
export function setEntries(
  metadata: Draft<ObjectMeta>,
  owners: Owners,
  known: readonly ManagedFieldsEntry[] | undefined,
): void {
  const before = known && ownersStored(known);
  const isSame = before !== undefined && (before === owners || isAsBefore(before, owners));
  const entries = isSame ? (known ?? []) : entriesOf(owners);
  if (entries.length === 0) delete metadata.managedFields;
  else setEntriesOf(metadata, entries);
}

const isAsBefore = (before: Owners, owners: Owners): boolean =>
  sameTimes(before, owners) && sameOwners(before, owners);

function setEntriesOf(metadata: Draft<ObjectMeta>, entries: readonly ManagedFieldsEntry[]): void {
  metadata.managedFields = entries as Draft<ManagedFieldsEntry>[];
}

export const ownableChanges = ({ added, modified, removed }: Comparison): Changes => ({
  taken: ownable(added.union(modified)),
  removed,
});

export interface Changes {
  /** Added or modified. */
  readonly taken: FieldSet;
  readonly removed: FieldSet;
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

/** All but one owner give up the fields; who has none left is forgotten. */
export function withoutFields(
  owners: Owners,
  fields: FieldSet,
  except: string | undefined,
): Owners {
  if (fields.isEmpty) return owners;
  const left = new Map<string, Owner>();
  for (const [identity, owner] of owners) {
    const kept = identity === except ? owner.fields : owner.fields.difference(fields);
    if (kept === owner.fields || kept.equals(owner.fields)) left.set(identity, owner);
    else if (!kept.isEmpty) left.set(identity, owning(owner, kept, owner.time));
  }
  return left;
}
