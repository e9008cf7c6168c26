/**
 * Takes over what a webhook made of an object, without what is not for anybody outside to say.
 * Upstream prepares objects after admission; here that is done before, so it is done again.
 */
import { dropDisabledFields } from "#api/disabled-fields.ts";
import type { ApiObject } from "#api/kind.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import { equal } from "#schema/copy.ts";
import type { Draft } from "#schema/struct.ts";
import { mergePart, preparePart } from "#apiserver/registry/parts.ts";
import { putInNamespace } from "#apiserver/verbs/create.ts";
import { checkName } from "#apiserver/verbs/update.ts";
import type { AdmissionRequest } from "./admission.ts";

/** What `made` holds goes into the draft. Says whether that changed it. Throws BadRequest. */
export function settle(
  draft: Draft<ApiObject>,
  made: Draft<ApiObject>,
  request: AdmissionRequest,
): boolean {
  const settled = request.body ? made : settledObject(draft, made, request);
  // A body may have left out what it is.
  const { apiVersion, kind } = settled;
  if (equal({ ...draft, apiVersion, kind }, settled)) return false;
  for (const field of Object.keys(draft)) delete (draft as { [field: string]: unknown })[field];
  Object.assign(draft, settled);
  return true;
}

/** Kept by the server. differs: upstream lets webhooks rewrite managedFields. */
const ours: readonly (keyof ObjectMeta)[] = [
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
];

function settledObject(
  before: Draft<ApiObject>,
  made: Draft<ApiObject>,
  request: AdmissionRequest,
): Draft<ApiObject> {
  const { kind, namespace, subresource: part, old, gates } = request;
  const { metadata } = made;
  made.kind = kind.kind;
  made.apiVersion = kind.apiVersion;
  for (const field of ours) {
    delete metadata[field];
    const value = before.metadata[field];
    if (value !== undefined) Object.assign(metadata, { [field]: value });
  }
  putInNamespace(kind, made, namespace);
  if (!old) {
    // differs: what the kind prepares of a new object is not prepared again.
    dropDisabledFields(kind.schema, made, { gates });
    return kind.status && !kind.status.isKeptOnCreate ? withStatus(made, before) : made;
  }
  checkName(made, old.metadata.name ?? "");
  const merged = mergePart(kind, part, { draft: made, old: before });
  preparePart(kind, part, { draft: merged, old, gates });
  return merged;
}

type Body = Draft<ApiObject> & { status?: unknown };

function withStatus(made: Body, { status }: Body): Draft<ApiObject> {
  const { status: _made, ...rest } = made;
  return status === undefined ? rest : ({ ...rest, status } as Draft<ApiObject>);
}
