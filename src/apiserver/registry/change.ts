/**
 * A changed object: made from the newest state, prepared, admitted, validated and committed if that
 * still is the newest state; otherwise all of it again.
 */
import { conflict, isReason, notFound } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { Sealed } from "#api/request.ts";
import { draftOf, equal } from "#schema/copy.ts";
import { applyDefaults } from "#schema/defaults.ts";
import type { AdmissionRequest } from "../admission/admission.ts";
import { sealOf, type StoredObject, Unsealed } from "../sealed.ts";
import { commit } from "./commit.ts";
import { createObject, type NewObject } from "./create.ts";
import type { Writing } from "./kit.ts";
import { trackUpdate } from "./managed-fields.ts";
import { differsInSpec, type ObjectDraft, prepareChangedMetadata, timeText } from "./metadata.ts";
import { hasOwnRules, isMain, mergePart, preparePart } from "./parts.ts";
import type { Located, Part } from "./registry.ts";
import { requestOf } from "./request-of.ts";
import { changedObjectErrors, refuseInvalid } from "./validation.ts";
import { shown } from "./versions.ts";

/** Each lost race means that another writer won one, so this is generous. */
const attemptsMax = 100;

export interface ObjectChange extends Located {
  readonly part: Part;
  /** Makes the new object. Called again, from newer state, when somebody else was faster. */
  readonly make: (current: Sealed | undefined) => NewObject | Promise<NewObject>;
  /** An absent object is created, not refused. */
  readonly createsAbsent?: boolean;
}

export interface Changed {
  readonly sealed: Sealed;
  readonly wasCreated: boolean;
}

export async function changeObject(writing: Writing, change: ObjectChange): Promise<Changed> {
  const cache = writing.kit.cache.of(writing.kind);
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const current = cache.get(change.namespace, change.name);
    const sealed = current
      ? await changeOnce(writing, change, current)
      : await createOnce(writing, change);
    if (sealed) return { sealed, wasCreated: !current };
  }
  throw conflict(writing.kind, change.name);
}

async function createOnce(
  writing: Writing,
  { name, createsAbsent, make }: ObjectChange,
): Promise<Sealed | undefined> {
  if (!createsAbsent) throw notFound(writing.kind, name);
  try {
    return await createObject(writing, await make(undefined));
  } catch (cause) {
    // Somebody else created it meanwhile: then it is changed.
    if (!isReason(cause, "AlreadyExists")) throw cause;
    return undefined;
  }
}

/** Undefined when another write came first. */
async function changeOnce(
  writing: Writing,
  change: ObjectChange,
  current: StoredObject,
): Promise<Sealed | undefined> {
  const { kit, kind } = writing;
  const { part, namespace, name } = change;
  const before = kind.conversion ? await shown(kind, current) : current;
  const old = before.object;
  const draft = await makeDraft(writing, change, before);
  const asked = { namespace, name, subresource: part, old, operation: "UPDATE" } as const;
  const request = requestOf(writing, asked);
  await kit.admission.mutate(draft, request);
  const completed = isMain(part) ? complete(kind, draft, old) : draft;
  const wrong = changedObjectErrors(kind, part, { object: completed, old });
  refuseInvalid(kind, name, [...wrong, ...kit.admission.check(completed, request)]);
  refuseInvalid(kind, name, await kit.admission.validate(completed, request));
  if (kind.warnings && isMain(part)) writing.how.warnings.push(...kind.warnings(completed, old));
  return store(writing, { current, old, draft: completed, request });
}

async function makeDraft(
  { kit, kind, how }: Writing,
  { part, make }: ObjectChange,
  current: Sealed,
): Promise<ObjectDraft> {
  const old = current.object;
  const made = await make(current);
  const draft = mergePart(kind, part, { draft: made.draft, old });
  const { generation = 0 } = draft.metadata;
  prepareChangedMetadata(kind, draft, old);
  if (hasOwnRules(part) && generation > (old.metadata.generation ?? 0)) {
    draft.metadata.generation = generation;
  }
  preparePart(kind, part, { draft, old, gates: kit.gates });
  if (isMain(part)) kind.fillTimes?.(draft, timeText(kit.clock));
  const own = isMain(part) ? ownCopy(draft) : draft;
  if (made.isTracked) return own;
  const tracking = trackUpdate(kind, { draft: own, old, part }, { how, clock: kit.clock });
  if (tracking) await tracking;
  return own;
}

/** Preparing a draft takes over parts of the old object, which nobody may write to. */
function ownCopy(draft: ObjectDraft): ObjectDraft {
  const { managedFields, ...metadata } = draft.metadata;
  const copy: ObjectDraft = draftOf({ ...draft, metadata });
  // Entries are only ever replaced as a whole; what is known of them is known by the list.
  if (managedFields) copy.metadata.managedFields = managedFields;
  return copy;
}

/** As admission left it, with what follows from that. */
function complete(kind: AnyKind, draft: ObjectDraft, old: ApiObject): ObjectDraft {
  const completed = applyDefaults(kind.schema, draft) as ObjectDraft;
  countGeneration(kind, completed, old);
  return completed;
}

function countGeneration(kind: AnyKind, draft: ObjectDraft, old: ApiObject): void {
  if (!kind.hasGeneration) return;
  const before = old.metadata.generation ?? 0;
  draft.metadata.generation = differs(kind, draft, old) ? before + 1 : before;
}

/** Where status is no part of its own, it counts like everything else. */
const differs = (kind: AnyKind, draft: ObjectDraft, old: ApiObject): boolean =>
  differsInSpec(draft, old) ||
  (!kind.status && !equal(statusIn(draft), statusIn(old))) ||
  !equal(countedIn(kind, draft), countedIn(kind, old));

const countedIn = ({ hasGeneration }: AnyKind, { metadata }: ObjectDraft | ApiObject): object =>
  (typeof hasGeneration === "string" && metadata[hasGeneration]) || {};

const statusIn = (object: object): unknown => (object as { readonly status?: unknown }).status;

interface Finished {
  readonly current: StoredObject;
  /** In the version that is written. */
  readonly old: ApiObject;
  readonly draft: ObjectDraft;
  readonly request: AdmissionRequest;
}

async function store(
  writing: Writing,
  { current, old, draft, request }: Finished,
): Promise<Sealed | undefined> {
  const { kit, kind } = writing;
  const cache = kit.cache.of(kind);
  if (isReadyToGo(kind, draft, old)) {
    const deletion = { ...request, operation: "DELETE", subresource: "" } as const;
    const intent = { cache, base: current, draft: undefined, request: deletion };
    const gone = await commit(writing, intent);
    const seal = kind.conversion ? sealOf(kind, cache.seal.isFreezing) : cache.seal;
    return gone && new Unsealed(seal, draft).preview(current.revision);
  }
  // Nothing changed: no write, no event, no new revision.
  if (equal(draft, old) && !isOutdated(writing, request)) return current;
  return commit(writing, { cache, base: current, draft, request });
}

/** Encrypted with an old key, for example: then the same is written again. */
function isOutdated({ kit, kind }: Writing, { namespace, name }: AdmissionRequest): boolean {
  if (!kit.store.isOutdated) return false;
  const cache = kit.cache.of(kind);
  return kit.store.isOutdated(`${cache.prefix}/${cache.keyOf(namespace, name)}`);
}

/** Deleted before, and now nothing keeps it any more. */
const isReadyToGo = (kind: AnyKind, object: ApiObject, old: ApiObject): boolean =>
  old.metadata.deletionTimestamp !== undefined &&
  !object.metadata.deletionGracePeriodSeconds &&
  !object.metadata.finalizers?.length &&
  kind.isHeld?.(object) !== true;
