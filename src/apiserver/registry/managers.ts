/**
 * Who owns which fields: managedFields as sets that can be computed with.
 * upstream: apimachinery/pkg/util/managedfields/internal
 */
import type { AnyKind } from "#api/kind.ts";
import type { ManagedFieldsEntry } from "#api/meta/object-meta.ts";
import { type FieldPath, FieldSet } from "#schema/fieldset.ts";
import { DecodeError } from "#schema/json.ts";
import type { AnyStruct } from "#schema/struct.ts";
import { newFields } from "#schema/structural.ts";
import type { ObjectDraft } from "./metadata.ts";

export type Operation = "Apply" | "Update";

export interface Manager {
  readonly name: string;
  readonly operation: Operation;
  readonly apiVersion: string;
  /** Empty for the object itself. */
  readonly subresource: string;
}

export interface Owner extends Manager {
  readonly time: string | undefined;
  readonly fields: FieldSet;
  /** As it is written down: made when first needed, of what never changes. */
  entry?: ManagedFieldsEntry;
}

/** The last that each manager came to own. */
const latest = new Map<string, Owner>();
const latestMax = 512;

/**
 * The owner of other fields. Objects that a manager writes one after the other mostly have the same
 * fields: they share what is said of them, in memory as well.
 */
export function owning(manager: Manager, fields: FieldSet, time: string | undefined): Owner {
  const { name, operation, apiVersion, subresource } = manager;
  const identity = identityOf(manager);
  const last = latest.get(identity);
  const isSame = last?.fields.equals(fields) === true;
  if (isSame && last.time === time && last.apiVersion === apiVersion) return last;
  if (latest.size >= latestMax) latest.clear();
  const shared = isSame ? last.fields : fields;
  const owner: Owner = { name, operation, apiVersion, subresource, time, fields: shared };
  latest.set(identity, owner);
  return owner;
}

/** What that manager last came to own. */
export const lastFieldsOf = (manager: Manager): FieldSet | undefined =>
  latest.get(identityOf(manager))?.fields;

/** By identity. */
export type Owners = ReadonlyMap<string, Owner>;

/** An applier stays the same one when it changes the version; times never tell managers apart. */
export const identityOf = ({ name, operation, apiVersion, subresource }: Manager): string =>
  `${operation}\n${subresource}\n${operation === "Apply" ? "" : apiVersion}\n${name}`;

/**
 * The version whose fields a manager owns. Those of custom resources are fields of the version that
 * the manager speaks; those of built-in kinds are kept as they are stored.
 */
export const versionOwned = ({ schema, apiVersion }: AnyKind, asked: AnyKind | undefined): string =>
  schema.options.open ? (asked?.apiVersion ?? apiVersion) : apiVersion;

/** Whose version is gone is forgotten: nobody knows any more what its fields were. As upstream. */
export function ofKnownVersions({ versions }: AnyKind, owners: Owners): Owners {
  if (!versions) return owners;
  const isKnown = ({ apiVersion }: Owner): boolean => versions.has(apiVersion);
  return owners.values().every(isKnown)
    ? owners
    : new Map([...owners].filter(([, owner]) => isKnown(owner)));
}

const recentMax = 512;

/**
 * What the latest entries say. Whoever changes an object usually changes it again soon: a pod that
 * starts is written half a dozen times in a second. In two generations, so that forgetting is free.
 */
let recent = new Map<readonly ManagedFieldsEntry[], Owners>();
let lessRecent: typeof recent = new Map();

function remember(entries: readonly ManagedFieldsEntry[], owners: Owners): void {
  if (recent.size >= recentMax) {
    lessRecent = recent;
    recent = new Map();
  }
  recent.set(entries, owners);
}

const none: readonly ManagedFieldsEntry[] = [];

/** Undefined when the entries make no sense. */
export function ownersOf(entries = none): Owners | undefined {
  return knownOwners(entries) ?? readOwners(entries);
}

const knownOwners = (entries: readonly ManagedFieldsEntry[]): Owners | undefined =>
  recent.get(entries) ?? lessRecent.get(entries);

/** The same of entries that are stored, and so never change: a lease keeps its own for ever. */
export function ownersStored(entries = none): Owners | undefined {
  const known = knownOwners(entries);
  if (known) return known;
  const owners = readOwners(entries);
  if (owners && owners.size > 0) remember(entries, owners);
  return owners;
}

/** They came from here, or are stored: nobody may write to them, so they need not be copied. */
export const areKnownEntries = (entries: object): entries is readonly ManagedFieldsEntry[] =>
  Array.isArray(entries) && knownOwners(entries) !== undefined;

function readOwners(entries: readonly ManagedFieldsEntry[]): Owners | undefined {
  const owners = new Map<string, Owner>();
  for (const entry of entries) {
    const owner = ownerOf(entry);
    if (!owner) return undefined;
    owners.set(identityOf(owner), owner);
  }
  return owners;
}

function ownerOf(entry: ManagedFieldsEntry): Owner | undefined {
  const { manager = "", operation, apiVersion = "", subresource = "", time, fieldsV1 } = entry;
  const isKnown = operation === "Apply" || operation === "Update";
  if (!isKnown || apiVersion === "" || entry.fieldsType !== "FieldsV1") return undefined;
  const fields = setOf(fieldsV1 ?? {});
  const self: Manager = { name: manager, operation, apiVersion, subresource };
  return fields && { ...owning(self, fields, time ?? undefined), entry };
}

function setOf(fieldsV1: object): FieldSet | undefined {
  try {
    return FieldSet.fromJson(fieldsV1);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return undefined;
  }
}

/** Of those who own all of an object. */
const aloneEntries = new WeakMap<Owner, readonly ManagedFieldsEntry[]>();

export function entriesOf(owners: Owners): readonly ManagedFieldsEntry[] {
  const [owner] = owners.values();
  return owners.size === 1 && owner ? entriesAlone(owner) : listed(owners);
}

/** Where there is no other owner. */
export function entriesAlone(owner: Owner): readonly ManagedFieldsEntry[] {
  const known = aloneEntries.get(owner) ?? listed(new Map([[identityOf(owner), owner]]));
  aloneEntries.set(owner, known);
  return known;
}

/** In upstream's order: what was applied first, then by time. */
function listed(owners: Owners): readonly ManagedFieldsEntry[] {
  const kept = capped(owners);
  const entries = [...kept.values()].toSorted(compareOwners).map(entryOf);
  remember(entries, kept);
  return entries;
}

function compareOwners(a: Owner, b: Owner): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time ?? "", b.time ?? "") ||
    compareText(a.name, b.name) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const entryOf = (owner: Owner): ManagedFieldsEntry => (owner.entry ??= makeEntry(owner));

function makeEntry(owner: Owner): ManagedFieldsEntry {
  const { name, operation, apiVersion, time, fields, subresource } = owner;
  return {
    ...(name === "" ? {} : { manager: name }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: fields.toJson(),
    ...(subresource === "" ? {} : { subresource }),
  };
}

const updatersMax = 10;
const oldUpdates = "ancient-changes";

/** Too many updaters: the oldest are remembered under one name. */
function capped(owners: Owners): Owners {
  if (owners.size <= updatersMax) return owners;
  const updaters = [...owners].filter(([, { operation }]) => operation === "Update");
  if (updaters.length <= updatersMax) return owners;
  const oldest = updaters.toSorted(([, a], [, b]) => compareOwners(a, b));
  const left = new Map(owners);
  let count = updaters.length;
  for (const [identity, owner] of oldest) {
    if (count <= updatersMax) break;
    const bucket: Manager = { ...owner, name: oldUpdates, subresource: "" };
    const key = identityOf(bucket);
    if (key === identity) continue;
    const before = left.get(key);
    left.delete(identity);
    const fields = before ? before.fields.union(owner.fields) : owner.fields;
    left.set(key, owning(bucket, fields, owner.time));
    if (before) count -= 1;
  }
  return left;
}

/** But for the times. */
export const sameOwners = (a: Owners, b: Owners): boolean =>
  a.size === b.size &&
  [...a].every(([identity, { apiVersion, fields }]) => {
    const other = b.get(identity);
    return other?.apiVersion === apiVersion && other.fields.equals(fields);
  });

export const sameTimes = (a: Owners, b: Owners): boolean =>
  [...a].every(([identity, { time }]) => b.get(identity)?.time === time);

/** Fields that nobody owns: the server's own. */
const unowned = FieldSet.ofPaths([
  ["f:apiVersion"],
  ["f:kind"],
  ["f:metadata"],
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
  ].map((field) => ["f:metadata", `f:${field}`]),
] satisfies FieldPath[]);

export const ownable = (fields: FieldSet): FieldSet =>
  fields.recursiveDifference(unownedBelow).difference(unowned);

/** The same of a new object, in one go; undefined where only a comparison can tell. */
export const newOwnable = (
  struct: AnyStruct,
  object: ObjectDraft,
  like: FieldSet | undefined,
): FieldSet | undefined =>
  object.metadata.managedFields ? undefined : newFields(struct, object, { except: unowned, like });

/** Of these, nothing inside either. */
const unownedBelow = FieldSet.ofPaths([["f:metadata", "f:managedFields"]]);
