/** A new object: prepared, completed by admission, validated, committed where nothing stood. */
import { dropDisabledFields } from "#api/disabled-fields.ts";
import { alreadyExists } from "#api/errors.ts";
import type { AnyKind } from "#api/kind.ts";
import type { Sealed } from "#api/request.ts";
import { type Soon, whenThere } from "#base/soon.ts";
import { applyDefaults } from "#schema/defaults.ts";
import { zeroStruct } from "#schema/layout.ts";
import type { AdmissionRequest } from "../admission/admission.ts";
import { commit } from "./commit.ts";
import type { RegistryKit, Writing } from "./kit.ts";
import { trackUpdate } from "./managed-fields.ts";
import { generateName, type ObjectDraft, prepareNewMetadata, timeText } from "./metadata.ts";
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
export function createObject(writing: Writing, object: NewObject): Soon<Sealed> {
  return whenThere(
    whenThere(prepare(writing, object), () => admit(writing, object.draft)),
    (admitted) => insert(writing, admitted),
  );
}

function insert(writing: Writing, { draft, request }: Admitted): Soon<Sealed> {
  const { kit, kind } = writing;
  const cache = kit.cache.of(kind);
  const isTaken = writing.how.dryRun && cache.get(request.namespace, request.name) !== undefined;
  if (isTaken) throw alreadyExists(kind, request.name);
  return whenThere(commit(writing, { cache, base: undefined, draft, request }), (created) => {
    if (!created) throw alreadyExists(kind, request.name);
    return created;
  });
}

/** What the server decides about a new object. */
export function prepare({ kit, kind, how }: Writing, { draft, isTracked }: NewObject): Soon<void> {
  const { metadata } = draft;
  prepareNewMetadata(kit, kind, metadata);
  nameFreely(kit, kind, metadata);
  resetStatus(kind, draft);
  dropDisabledFields(kind.schema, draft, kit);
  kind.prepareForCreate?.(draft);
  kind.fillTimes?.(draft, timeText(kit.clock));
  if (isTracked) return;
  return trackUpdate(kind, { draft, old: undefined, part: "" }, { how, clock: kit.clock });
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
function admit(writing: Writing, draft: ObjectDraft): Soon<Admitted> {
  const { kit } = writing;
  const { namespace = "", name = "" } = draft.metadata;
  const request = requestOf(writing, { namespace, name, operation: "CREATE" });
  return whenThere(kit.admission.mutate(draft, request), () =>
    judge(writing, { draft, request: named(request, draft) }, name),
  );
}

function judge(writing: Writing, { draft, request }: Admitted, asked: string): Soon<Admitted> {
  const { kit, kind, how } = writing;
  // What follows from other fields follows from what was filled in, too.
  const completed = applyDefaults(kind.schema, draft) as ObjectDraft;
  kind.completeNew?.(completed);
  const wrong = newObjectErrors(kind, completed);
  refuseInvalid(kind, asked, [...wrong, ...kit.admission.check(completed, request)]);
  return whenThere(kit.admission.validate(completed, request), (errors) => {
    refuseInvalid(kind, asked, errors);
    if (kind.warnings) how.warnings.push(...kind.warnings(completed));
    return { draft: completed, request };
  });
}
