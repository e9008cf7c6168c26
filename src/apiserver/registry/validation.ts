/** What is wrong with an object that is about to be written: the schema's rules and the kind's. */
import { invalidObject } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "#api/names.ts";
import type { FieldError } from "#schema/field-error.ts";
import type { AnyStruct } from "#schema/struct.ts";
import { validateStruct } from "#schema/validate.ts";
import { isMain } from "./parts.ts";
import type { Part } from "./registry.ts";

export const newObjectErrors = (kind: AnyKind, object: ApiObject): readonly FieldError[] => [
  ...validateObjectMeta(kind, object),
  ...validateStruct(kind.schema, object),
  ...(kind.validate?.(object) ?? []),
  ...(kind.validateCreate?.(object) ?? []),
];

export interface Pair {
  readonly object: ApiObject;
  readonly old: ApiObject;
}

export function changedObjectErrors(
  kind: AnyKind,
  part: Part,
  { object, old }: Pair,
): readonly FieldError[] {
  const shared = validateObjectMetaUpdate(object, old);
  if (isMain(part)) {
    return [
      ...shared,
      ...validateStruct(kind.schema, object),
      ...(kind.validate?.(object) ?? []),
      ...(kind.validateUpdate?.(object, old) ?? []),
    ];
  }
  if (part !== "status") return shared;
  return [
    ...shared,
    ...statusErrors(kind, object),
    ...(kind.status?.validate?.(object, old) ?? []),
  ];
}

function statusErrors(kind: AnyKind, object: ApiObject): Iterable<FieldError> {
  const struct = statusStruct(kind);
  const { status } = object as ApiObject & { status?: unknown };
  return struct && status !== undefined ? validateStruct(struct, status, "status") : [];
}

export function statusStruct({ schema }: AnyKind): AnyStruct | undefined {
  const type = schema.fields["status"]?.type;
  return type?.is === "struct" ? type.struct() : undefined;
}

/** Throws Invalid. */
export function refuseInvalid(kind: AnyKind, name: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject(kind, name, errors);
}
