/**
 * Server-side apply: the fields that a manager wants, merged into what is there; what it wanted
 * before and wants no more goes, unless somebody else wants it; what others own is a conflict.
 * upstream: apimachinery/pkg/util/managedfields/internal/structuredmerge.go
 */
import { ApiError, badRequest } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { StatusCause } from "#api/meta/status.ts";
import { equal } from "#schema/copy.ts";
import { applyDefaults } from "#schema/defaults.ts";
import { type FieldPath, type FieldSet, formatPath } from "#schema/fieldset.ts";
import { DecodeError, decodeJson } from "#schema/json.ts";
import { checkApplied, compare, fieldsOf, mergeApplied } from "#schema/structural.ts";
import { allowedByLastApplied, isKubectl, withLastApplied } from "./last-applied.ts";
import { afterUpdate, ownableChanges } from "./field-changes.ts";
import { FieldVersions, pruneAcross, type VersionedChanges } from "./field-versions.ts";
import { setEntries } from "./managed-fields.ts";
import {
  identityOf,
  type Manager,
  ofKnownVersions,
  ownable,
  type Owner,
  type Owners,
  ownersOf,
  owning,
  sameOwners,
  versionOwned,
} from "./managers.ts";
import type { ObjectDraft } from "./metadata.ts";
import type { Part } from "./registry.ts";

export interface Application {
  /** As it came: what it leaves out, it does not want. */
  readonly config: ApplyConfig;
  readonly manager: string;
  readonly force: boolean;
  readonly part: Part;
  /** In which the manager speaks; absent: as it is stored. */
  readonly asked?: AnyKind | undefined;
  /** Of the write. */
  readonly time: string;
}

export type ApplyConfig = { readonly metadata?: Readonly<Record<string, unknown>> } & Readonly<
  Record<string, unknown>
>;

/** The object to write, its managedFields settled. `live` is undefined when there is none. */
export async function applied(
  kind: AnyKind,
  live: ApiObject | undefined,
  application: Application,
): Promise<ObjectDraft> {
  const { manager, force } = application;
  checkConfig(kind, application);
  try {
    return await merge(kind, live, application);
  } catch (cause) {
    if (cause instanceof DecodeError) throw badRequest(cause.message);
    // kubectl's own client-side apply came before: that is no conflict.
    const isMigrating = cause instanceof Conflicts && isKubectl(manager) && !force && live;
    if (!isMigrating) throw cause;
    const left = cause.without(allowedByLastApplied(kind, live));
    if (left.list.length > 0) throw left;
    return merge(kind, live, { ...application, force: true });
  }
}

function checkConfig(kind: AnyKind, { config }: Application): void {
  const { metadata = {} } = config;
  if (metadata["managedFields"] !== undefined && metadata["managedFields"] !== null) {
    throw badRequest("metadata.managedFields must be nil"); // exact: apiserver
  }
  const problem = checkApplied(kind.schema, config);
  if (problem === "") return;
  const name = `${text(metadata["namespace"])}/${text(metadata["name"])}`;
  const what = `${name}; ${kind.apiVersion}, Kind=${kind.kind}`;
  // differs: upstream answers 500 without a reason.
  throw badRequest(`failed to create typed patch object (${what}): ${problem}`);
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

async function merge(
  kind: AnyKind,
  live: ApiObject | undefined,
  application: Application,
): Promise<ObjectDraft> {
  const { schema } = kind;
  const { manager: name, part: subresource, time } = application;
  const config = partOf(kind, application);
  const apiVersion = versionOwned(kind, application.asked);
  const versions = new FieldVersions(kind, apiVersion);
  const self: Manager = { name, operation: "Apply", apiVersion, subresource };
  const identity = identityOf(self);
  const before = ofKnownVersions(kind, ownersBefore(kind, live, apiVersion));
  const last = before.get(identity);
  const configured = fieldsOf(schema, config);
  const fields = ownable(configured);
  const wanting = new Map(before).set(identity, owning(self, fields, time));
  const merged = mergeApplied(schema, live ?? {}, config);
  const pruned = last
    ? await pruneAcross(versions, merged, { last, owners: wanting, configured })
    : merged;
  // As it was said, not as it will be stored: another way to write the same number is a change, and so is an empty text.
  const changes = await versions.changes(wanting, { before: live ?? {}, after: pruned });
  const conflicts = application.force
    ? []
    : conflictsWith(wanting, identity, { versions, changes });
  if (conflicts.length > 0) throw new Conflicts(conflicts);
  const after = versions.without(wanting, changes, identity);
  const draft = decodeJson(schema, pruned, { defaults: false }).value as ObjectDraft;
  return finish(kind, draft, { live, before, after, application });
}

interface Finishing {
  readonly live: ApiObject | undefined;
  readonly before: Owners;
  readonly after: Owners;
  readonly application: Application;
}

function finish(
  kind: AnyKind,
  draft: ObjectDraft,
  { live, before, after, application: { config, manager } }: Finishing,
): ObjectDraft {
  const defaulted = applyDefaults(kind.schema, draft) as ObjectDraft;
  const known = live?.metadata.managedFields;
  const owners = new Map([...after].filter(([, { fields }]) => !fields.isEmpty));
  // Applying the same again is no news: then not even a time changes.
  const isNews = !live || !sameOwners(before, owners) || !isSameBesides(live, defaulted);
  setEntries(defaulted.metadata, isNews ? owners : before, known);
  if (isKubectl(manager)) withLastApplied(defaulted, config);
  return defaulted;
}

/** But for who owns what. */
function isSameBesides(a: ApiObject, b: ObjectDraft): boolean {
  const { managedFields: _a, ...metadataA } = a.metadata;
  const { managedFields: _b, ...metadataB } = b.metadata;
  return equal({ ...a, metadata: metadataA }, { ...b, metadata: metadataB });
}

const firstOwner = "before-first-apply";

/** Where nobody kept the books so far, all that is there belongs to an unknown updater. */
function ownersBefore(kind: AnyKind, live: ApiObject | undefined, apiVersion: string): Owners {
  const owners = ownersOf(live?.metadata.managedFields);
  if (!live || (owners && owners.size > 0)) return owners ?? new Map<string, Owner>();
  const manager: Manager = {
    name: firstOwner,
    operation: "Update",
    apiVersion,
    subresource: "",
  };
  const changes = ownableChanges(compare(kind.schema, {}, live));
  return afterUpdate(new Map(), manager, {
    ...changes,
    time: live.metadata.creationTimestamp ?? "",
  });
}

/** What the part does not write, the configuration does not own. */
function partOf(kind: AnyKind, { part, config }: Application): ApplyConfig {
  if (!kind.status) return config;
  const { status, ...rest } = config;
  if (part !== "status") return rest;
  const { apiVersion, kind: name, metadata = {} } = config;
  return { apiVersion, kind: name, metadata, status };
}

interface Conflict {
  readonly owner: Owner;
  readonly path: FieldPath;
}

interface Taking {
  readonly versions: FieldVersions;
  readonly changes: VersionedChanges;
}

function conflictsWith(
  owners: Owners,
  self: string,
  { versions, changes }: Taking,
): readonly Conflict[] {
  return [...owners].flatMap(([identity, owner]) => {
    const { taken } = changes.get(versions.of(owner)) ?? {};
    if (identity === self || !taken) return [];
    return [...owner.fields.intersection(taken).paths()].map((path) => ({ owner, path }));
  });
}

/** 409 with a cause for each field that somebody else owns. */
class Conflicts extends ApiError {
  readonly list: readonly Conflict[];

  constructor(list: readonly Conflict[]) {
    const causes = list.map(({ owner, path }): StatusCause => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${describe(owner)}`,
      field: formatPath(path),
    }));
    super("Conflict", conflictMessage(list), { details: { causes } });
    this.list = list;
  }

  without(allowed: FieldSet): Conflicts {
    return new Conflicts(this.list.filter(({ path }) => !allowed.has(path)));
  }
}

// exact: apiserver
function conflictMessage(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (first && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${describe(first.owner)}: ${formatPath(first.path)}`;
  }
  const byOwner = Map.groupBy(conflicts, ({ owner }) => describe(owner));
  const lines = [...byOwner]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([owner, theirs]) => [
      `conflicts with ${owner}:`,
      ...theirs.map(({ path }) => `- ${formatPath(path)}`),
    ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
}

// exact: apiserver
function describe({ name, operation, apiVersion, subresource }: Owner): string {
  const part = subresource === "" ? "" : ` with subresource ${JSON.stringify(subresource)}`;
  const version = operation === "Update" ? ` using ${apiVersion}` : "";
  return `${JSON.stringify(name)}${part}${version}`;
}
