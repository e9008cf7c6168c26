/**
 * Keeps metadata.managedFields true: after every write, whoever changed a field owns it, and what is
 * gone is nobody's. upstream: sigs.k8s.io/structured-merge-diff/merge/update.go
 */
import type { Clock } from "#base/clock.ts";
import { type Soon, whenThere } from "#base/soon.ts";
import { isReason } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { ManagedFieldsEntry, ObjectMeta } from "#api/meta/object-meta.ts";
import { equal } from "#schema/copy.ts";
import type { FieldSet } from "#schema/fieldset.ts";
import { DecodeError } from "#schema/json.ts";
import { compare } from "#schema/structural.ts";
import type { Draft } from "#schema/struct.ts";
import { afterUpdate, changesOf, ownableChanges } from "./field-changes.ts";
import { FieldVersions, type Step } from "./field-versions.ts";
import {
  entriesAlone,
  entriesOf,
  lastFieldsOf,
  type Manager,
  type Owner,
  type Owners,
  newOwnable,
  ofKnownVersions,
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
): Soon<void> {
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
  const changes = changesOf(kind.schema, old ?? {}, draft);
  if (!changes) return setEntries(metadata, owners, known);
  const { own, others } = parted(kind, owners, manager);
  const after = afterUpdate(own, manager, { ...changes, time: timeText(clock) });
  if (others.size === 0) return setEntries(metadata, after, known);
  const versions = new FieldVersions(kind, manager.apiVersion);
  const step = { before: old ?? {}, after: draft };
  return whenThere(keptByOthers(versions, others, step), (kept) => {
    if (kept) setEntries(metadata, new Map([...kept, ...after]), known);
    else delete metadata.managedFields;
  });
}

interface Parted {
  /** Who own fields of the version that is written. */
  readonly own: Owners;
  readonly others: Owners;
}

function parted({ versions }: AnyKind, owners: Owners, { apiVersion }: Manager): Parted {
  const isOther = (owner: Owner): boolean => owner.apiVersion !== apiVersion;
  if (!versions || !owners.values().some(isOther)) return { own: owners, others: nobody };
  const { own = [], others = [] } = Object.groupBy(owners, ([, owner]) =>
    isOther(owner) ? "others" : "own",
  );
  return { own: new Map(own), others: new Map(others) };
}

/** Undefined when it cannot be found out what they own: as upstream, the write goes on, and the books are closed. */
async function keptByOthers(
  versions: FieldVersions,
  others: Owners,
  step: Step,
): Promise<Owners | undefined> {
  try {
    return versions.without(others, await versions.changes(others, step));
  } catch (cause) {
    if (cause instanceof DecodeError) return others;
    if (!isReason(cause, "InternalError")) throw cause;
    return undefined;
  }
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
