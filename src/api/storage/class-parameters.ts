/**
 * What storage classes and volume attribute classes have in common: a driver and its parameters.
 * upstream: pkg/apis/storage/validation/validation.go#validateParameters
 */
import { byteLength, invalidEach, labelKey } from "#api/names.ts";
import { type FieldError, invalid, required, tooLong } from "#schema/field-error.ts";

const parametersMax = 512;
const parameterBytesMax = 256 * 1024;

export function* validProvisioner(path: string, name: string): Iterable<FieldError> {
  const lower = name.toLowerCase();
  if (name === "") yield required(path);
  else yield* invalidEach(path, lower, labelKey(lower));
}

export function* validParameters(
  path: string,
  parameters: { readonly [name: string]: string },
): Iterable<FieldError> {
  const entries = Object.entries(parameters);
  if (entries.length > parametersMax) {
    yield tooLong(path, parametersMax);
    return;
  }
  let size = 0;
  for (const [name, value] of entries) {
    if (name === "") yield invalid(path, name, "field can not be empty.");
    size += byteLength(name) + byteLength(value);
  }
  if (size > parameterBytesMax) yield tooLong(path, parameterBytesMax);
}
