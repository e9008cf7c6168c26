/** A new object: prepared, completed by admission, validated, committed where nothing stood. */
import { alreadyExists } from "#api/errors.ts";
import { dropDisabledFields } from "#api/feature-gates.ts";
import type { AnyKind } from "#api/kind.ts";
import type { Sealed } from "#api/request.ts";
import { zeroStruct } from "#schema/layout.ts";
import type { AdmissionRequest } from "../admission/admission.ts";
import { commit } from "./commit.ts";
import type { Writing } from "./kit.ts";
import { trackUpdate } from "./managed-fields.ts";
import { generateName, type ObjectDraft, prepareNewMetadata } from "./metadata.ts";
import { requestOf } from "./request-of.ts";
import { newObjectErrors, refuseInvalid, statusStruct } from "./validation.ts";

/** A generated name that is taken is generated anew so often. upstream: maxNameGenerationCreateAttempts */
const nameAttemptsMax = 8;

export interface NewObject {
  /** Owned by the registry from now on. */
  readonly draft: ObjectDraft;
  /** Its managedFields are settled already (apply). */
  readonly isTracked?: boolean;
}

/** Throws AlreadyExists, Invalid and whatever admission refuses with. */
export async function createObject(writing: Writing, object: NewObject): Promise<Sealed> {
  const { kind } = writing;
  const { draft } = object;
  const { generateName: prefix = "", name: asked = "" } = draft.metadata;
  prepare(writing, object);
  const request = await admit(writing, draft);
  const attempts = asked === "" && prefix !== "" ? nameAttemptsMax : 1;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (attempt > 1) draft.metadata.name = generateName(prefix, writing.kit);
    const { name = "" } = draft.metadata;
    const stored = await insert(writing, draft, { ...request, name });
    if (stored) return stored;
  }
  throw alreadyExists(kind, draft.metadata.name ?? "");
}

function prepare({ kit, kind, how }: Writing, { draft, isTracked }: NewObject): void {
  const { metadata } = draft;
  prepareNewMetadata(kit, kind, metadata);
  if (!metadata.name && metadata.generateName) {
    metadata.name = generateName(metadata.generateName, kit);
  }
  resetStatus(kind, draft);
  dropDisabledFields(kind.schema, draft);
  kind.prepareForCreate?.(draft);
  if (isTracked) return;
  trackUpdate(kind, { draft, old: undefined, part: "" }, { how, clock: kit.clock });
}

/** Status is for those who run the object to say, not for those who order it. */
function resetStatus(kind: AnyKind, draft: ObjectDraft): void {
  const struct = statusStruct(kind);
  if (!kind.status || kind.status.isKeptOnCreate || !struct) return;
  (draft as { status?: unknown }).status = zeroStruct(struct);
}

/** Lets admission complete the object, then says whether it may be. */
async function admit(writing: Writing, draft: ObjectDraft): Promise<AdmissionRequest> {
  const { kit, kind, how } = writing;
  const { namespace = "", name = "" } = draft.metadata;
  const request = requestOf(writing, { namespace, name, operation: "CREATE" });
  await kit.admission.mutate(draft, request);
  refuseInvalid(kind, name, newObjectErrors(kind, draft));
  refuseInvalid(kind, name, await kit.admission.validate(draft, request));
  if (kind.warnings) how.warnings.push(...kind.warnings(draft));
  return request;
}

/** Undefined when the name is taken. */
async function insert(
  writing: Writing,
  draft: ObjectDraft,
  request: AdmissionRequest,
): Promise<Sealed | undefined> {
  const cache = writing.kit.cache.of(writing.kind);
  const isTaken = writing.how.dryRun && cache.get(request.namespace, request.name);
  if (isTaken) return undefined;
  return commit(writing, { cache, base: undefined, draft, request });
}
