/** Rules for namespaces. upstream: pkg/apis/core/validation/validation.go#ValidateNamespace */
import { invalidEach, labelKey } from "#api/names.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import { type FieldError, invalid } from "#schema/field-error.ts";
import { isStandardFinalizer } from "./resource-names.ts";

interface NamespaceParts {
  readonly metadata: ObjectMeta;
  readonly spec: { readonly finalizers?: readonly string[] | undefined };
  readonly status: { readonly phase?: string | undefined };
}

export function* validateNamespace({ spec }: NamespaceParts): Iterable<FieldError> {
  for (const finalizer of spec.finalizers ?? []) {
    yield* validateFinalizer(finalizer, "spec.finalizers");
  }
}

function* validateFinalizer(name: string, path: string): Iterable<FieldError> {
  yield* invalidEach(path, name, labelKey(name));
  if (!name.includes("/") && !isStandardFinalizer(name)) {
    const problem = "name is neither a standard finalizer name nor is it fully qualified";
    yield invalid(path, name, problem);
  }
}

/** The phase says whether it is being deleted, nothing else. */
export function* validateNamespaceStatus({
  metadata,
  status,
}: NamespaceParts): Iterable<FieldError> {
  const isDeleted = metadata.deletionTimestamp !== undefined;
  const phase = isDeleted ? "Terminating" : "Active";
  if (status.phase === phase) return;
  const when = isDeleted ? "not empty" : "empty";
  const problem = `may only be '${phase}' if \`deletionTimestamp\` is ${when}`;
  yield invalid("status.Phase", status.phase ?? "", problem);
}
