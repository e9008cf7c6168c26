/** A new object: prepared, completed by admission, validated, committed where nothing stood. */
import { alreadyExists } from "#api/errors.ts";
import { dropDisabledFields } from "#api/feature-gates.ts";
import type { AnyKind } from "#api/kind.ts";
import type { Sealed } from "#api/request.ts";
import { applyDefaults } from "#schema/defaults.ts";
import { zeroStruct } from "#schema/layout.ts";
import type { AdmissionRequest } from "../admission/admission.ts";
import { commit } from "./commit.ts";
import type { RegistryKit, Writing } from "./kit.ts";
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
  const { kit, kind } = writing;
  prepare(writing, object);
  const { draft, request } = await admit(writing, object.draft);
  const cache = kit.cache.of(kind);
  const isTaken = writing.how.dryRun && cache.get(request.namespace, request.name) !== undefined;
  const intent = { cache, base: undefined, draft, request };
  const created = isTaken ? undefined : await commit(writing, intent);
  if (!created) throw alreadyExists(kind, request.name);
  return created;
}

function prepare({ kit, kind, how }: Writing, { draft, isTracked }: NewObject): void {
  const { metadata } = draft;
  prepareNewMetadata(kit, kind, metadata);
  nameFreely(kit, kind, metadata);
  resetStatus(kind, draft);
  dropDisabledFields(kind.schema, draft);
  kind.prepareForCreate?.(draft);
  if (isTracked) return;
  trackUpdate(kind, { draft, old: undefined, part: "" }, { how, clock: kit.clock });
}

/** Kinds derive more from the name, so it has to be a good one from the start. */
function nameFreely(kit: RegistryKit, kind: AnyKind, metadata: ObjectDraft["metadata"]): void {
  const { name = "", generateName: prefix = "", namespace = "" } = metadata;
  if (name !== "" || prefix === "") return;
  const cache = kit.cache.of(kind);
  for (let attempt = 1; attempt <= nameAttemptsMax; attempt++) {
    metadata.name = generateName(prefix, kit);
    if (!cache.get(namespace, metadata.name)) return;
  }
}

/** Status is for those who run the object to say, not for those who order it. */
function resetStatus(kind: AnyKind, draft: ObjectDraft): void {
  const struct = statusStruct(kind);
  if (!kind.status || kind.status.isKeptOnCreate || !struct) return;
  (draft as { status?: unknown }).status = zeroStruct(struct);
}

/** Webhooks may give it another name. */
function named(request: AdmissionRequest, { metadata }: ObjectDraft): AdmissionRequest {
  const { name = "" } = metadata;
  return name === request.name ? request : { ...request, name };
}

interface Admitted {
  readonly draft: ObjectDraft;
  readonly request: AdmissionRequest;
}

/** Lets admission complete the object, then says whether it may be. */
async function admit(writing: Writing, draft: ObjectDraft): Promise<Admitted> {
  const { kit, kind, how } = writing;
  const { namespace = "", name = "" } = draft.metadata;
  const asked = requestOf(writing, { namespace, name, operation: "CREATE" });
  await kit.admission.mutate(draft, asked);
  const request = named(asked, draft);
  // What follows from other fields follows from what was filled in, too.
  const completed = applyDefaults(kind.schema, draft) as ObjectDraft;
  kind.completeNew?.(completed);
  refuseInvalid(kind, name, newObjectErrors(kind, completed));
  refuseInvalid(kind, name, await kit.admission.validate(completed, request));
  if (kind.warnings) how.warnings.push(...kind.warnings(completed));
  return { draft: completed, request };
}
