/** Rules for ConfigMaps. upstream: pkg/apis/core/validation/validation.go#ValidateConfigMap */
import { byteLength, configMapKey, invalidEach } from "#api/names.ts";
import { equal } from "#schema/copy.ts";
import { type FieldError, forbidden, invalid, tooLong, wholeObject } from "#schema/field-error.ts";
import { base64Length } from "./secret-data.ts";

interface ConfigMapParts {
  readonly data?: { readonly [key: string]: string } | undefined;
  readonly binaryData?: { readonly [key: string]: string } | undefined;
  readonly immutable?: boolean | undefined;
}

/** ConfigMaps and Secrets alike. */
export const dataBytesMax = 1024 * 1024;

export function* validateConfigMap({ data, binaryData }: ConfigMapParts): Iterable<FieldError> {
  let size = 0;
  for (const key in data) {
    const problems = configMapKey(key);
    if (problems.length > 0) yield* invalidEach(`data[${key}]`, key, problems);
    if (binaryData?.[key] !== undefined) {
      yield invalid(`data[${key}]`, key, "duplicate of key present in binaryData");
    }
    size += byteLength(data[key] ?? "");
  }
  for (const key in binaryData) {
    const problems = configMapKey(key);
    if (problems.length > 0) yield* invalidEach(`binaryData[${key}]`, key, problems);
    size += base64Length(binaryData[key] ?? "");
  }
  if (size > dataBytesMax) yield tooLong(wholeObject, dataBytesMax);
}

const sealed = "field is immutable when `immutable` is set";

/** What was declared immutable stays so, with all its data. */
export function* validateConfigMapUpdate(
  map: ConfigMapParts,
  old: ConfigMapParts,
): Iterable<FieldError> {
  if (!old.immutable) return;
  if (!map.immutable) yield forbidden("immutable", sealed);
  for (const field of ["data", "binaryData"] as const) {
    if (!equal(map[field], old[field])) yield forbidden(field, sealed);
  }
}
