/** The parts of metadata that the server decides. upstream: apiserver/pkg/registry/rest/{create,update}.go */
import { type Clock, formatTime } from "#base/clock.ts";
import { inOnePiece } from "#base/in-one-piece.ts";
import { newSuffix, newUid } from "#base/random.ts";
import { badRequest, conflict } from "#api/errors.ts";
import { type AnyKind, type ApiObject, storageKey } from "#api/kind.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import { equal } from "#schema/copy.ts";
import type { Draft } from "#schema/struct.ts";
import type { RegistryKit } from "./kit.ts";

export type ObjectDraft = Draft<ApiObject>;

const suffixLength = 5;
const generatedNameLengthMax = 63;

/** A new name with the prefix; other ones come out when asked again. */
export const generateName = (prefix: string, { random }: RegistryKit): string =>
  inOnePiece(
    prefix.slice(0, generatedNameLengthMax - suffixLength),
    newSuffix(random, suffixLength),
  );

export function prepareNewMetadata(
  kit: RegistryKit,
  kind: AnyKind,
  metadata: Draft<ObjectMeta>,
): void {
  if (isVersioned(metadata)) {
    // differs: upstream answers 500 without a reason.
    throw badRequest("resourceVersion should not be set on objects to be created");
  }
  drop(metadata, "deletionTimestamp");
  drop(metadata, "deletionGracePeriodSeconds");
  drop(metadata, "selfLink");
  stampNew(kit, kind, metadata);
}

/** As upstream, revision 0 is no revision. */
const isVersioned = ({ resourceVersion = "" }: Draft<ObjectMeta>): boolean =>
  resourceVersion !== "" && resourceVersion !== "0";

export function stampNew(
  { clock, random }: RegistryKit,
  kind: AnyKind,
  metadata: Draft<ObjectMeta>,
): void {
  metadata.uid = newUid(random);
  metadata.creationTimestamp = timeText(clock);
  if (kind.hasGeneration) metadata.generation = 1;
  else drop(metadata, "generation");
}

/** Refuses what is meant for another object or an older state; fills in what may be left out. */
export function prepareChangedMetadata(kind: AnyKind, draft: ObjectDraft, old: ApiObject): void {
  const { metadata } = draft;
  const before = old.metadata;
  const name = before.name ?? "";
  if (metadata.uid && metadata.uid !== before.uid) {
    throw conflict(kind, name, uidMismatch(kind, metadata.uid, before));
  }
  if (!isVersioned(metadata)) {
    if (kind.needsResourceVersion) drop(metadata, "resourceVersion");
    else keep(metadata, before, "resourceVersion");
  } else if (metadata.resourceVersion !== before.resourceVersion) throw conflict(kind, name);
  drop(metadata, "selfLink");
  keep(metadata, before, "uid");
  keep(metadata, before, "generation");
  keep(metadata, before, "creationTimestamp");
  // An object never stops being deleted.
  if (before.deletionTimestamp) keep(metadata, before, "deletionTimestamp");
  if (metadata.deletionGracePeriodSeconds === undefined) {
    keep(metadata, before, "deletionGracePeriodSeconds");
  }
}

// exact: apiserver
const uidMismatch = (
  kind: AnyKind,
  uid: string,
  { namespace, name, uid: own }: ObjectMeta,
): string =>
  `StorageError: invalid object, Code: 4, Key: ${storageKey(kind, namespace ?? "", name)}, ` +
  `ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ` +
  `UID in precondition: ${uid}, UID in object meta: ${own}`;

/** Now, as objects say it. */
export const timeText = (clock: Clock): string => formatTime(clock.now());

export function keep(
  metadata: Draft<ObjectMeta>,
  before: ObjectMeta,
  field: keyof ObjectMeta,
): void {
  const value = before[field];
  if (value === undefined) drop(metadata, field);
  else (metadata as Record<string, unknown>)[field] = value;
}

/** To delete what is not there costs as much as to delete what is. */
function drop(metadata: Draft<ObjectMeta>, field: keyof ObjectMeta): void {
  if (field in metadata) delete metadata[field];
}

/** Something other than metadata and status differs. */
export function differsInSpec(a: ApiObject | ObjectDraft, b: ApiObject): boolean {
  const { metadata: _a, status: _aStatus, ...left } = a as ApiObject & { status?: unknown };
  const { metadata: _b, status: _bStatus, ...right } = b as ApiObject & { status?: unknown };
  return !equal(left, right);
}
