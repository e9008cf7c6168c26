/**
 * Parts of objects that are written by themselves, each with rules of its own: what the caller
 * sent counts only as far as the part goes.
 */
import { invalidObject } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { draftOf } from "#schema/copy.ts";
import type { FieldError } from "#schema/field-error.ts";
import type { Draft } from "#schema/struct.ts";

/** Reading and writing, as for the object itself. */
export const partVerbs = {
  verbs: ["get", "patch", "update"],
  methods: ["GET", "PATCH", "PUT"],
} as const;

/** The object as it is; of the metadata sent only what says which state it is based on. */
export function basedOn<T extends ApiObject>(wanted: Draft<T>, current: T): Draft<T> {
  const draft = draftOf(current);
  const { resourceVersion, uid, managedFields } = wanted.metadata;
  if (resourceVersion) draft.metadata.resourceVersion = resourceVersion;
  if (uid) draft.metadata.uid = uid;
  if (managedFields) draft.metadata.managedFields = managedFields;
  return draft;
}

/** Throws Invalid. */
export function refuse(kind: AnyKind, { metadata }: ApiObject, errors: Iterable<FieldError>): void {
  const found = [...errors];
  if (found.length > 0) throw invalidObject(kind, metadata.name ?? "", found);
}
