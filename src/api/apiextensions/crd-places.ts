/**
 * Where a schema stands in the whole, and what it may not say there.
 * upstream: apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go#specStandardValidatorV3
 */
import { child, type FieldError, forbidden, index, invalid, key } from "#schema/field-error.ts";
import { isEmbedded, metaFields, type OpenSchema } from "#schema/open/open-schema.ts";

export interface Place {
  readonly isRoot?: boolean;
  /** It describes the metadata of an object, or what kind of object it is, or a part of those. */
  readonly isMeta?: boolean;
  /** Why nothing may be filled in here. */
  readonly noDefault?: string | undefined;
}

export function* placeErrors(
  schema: OpenSchema,
  at: string,
  { isMeta, noDefault }: Place,
): Iterable<FieldError> {
  if (schema.default !== undefined && noDefault !== undefined) {
    yield forbidden(child(at, "default"), `must not be set ${noDefault}`);
  }
  if (isMeta && isEmbedded(schema)) {
    const path = child(at, "x-kubernetes-embedded-resource");
    yield forbidden(path, "must not be used inside of resource meta");
  }
  if (schema["x-kubernetes-preserve-unknown-fields"] === false) {
    const path = child(at, "x-kubernetes-preserve-unknown-fields");
    yield invalid(path, false, "must be true or undefined");
  }
}

interface Below {
  readonly schema: OpenSchema;
  readonly at: string;
  readonly place: Place;
}

/** The schemas right below, also those in alternatives. */
export function* allBelow(schema: OpenSchema, at: string, place: Place): Iterable<Below> {
  const { isMeta = false, noDefault } = place;
  const same = { isMeta, noDefault };
  const { items, additionalProperties: values } = schema;
  if (typeof values === "object") {
    const inside = "inside additionalProperties applying to object metadata";
    const there = isMeta ? { isMeta, noDefault: inside } : same;
    yield { schema: values, at: child(at, "additionalProperties"), place: there };
  }
  yield* propertiesOf(schema, at, place);
  yield* alternativesOf(schema, at, same);
  if (items) yield { schema: items, at: child(at, "items"), place: same };
}

function* propertiesOf(
  schema: OpenSchema,
  at: string,
  { isRoot = false, isMeta = false, noDefault }: Place,
): Iterable<Below> {
  const isObject = isRoot || isEmbedded(schema);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isOwnMeta = isObject && metaFields.has(name);
    yield {
      schema: property,
      at: key(child(at, "properties"), name),
      place: {
        isMeta: isMeta || isOwnMeta,
        noDefault: isOwnMeta && isRoot ? `in top-level ${name}` : noDefault,
      },
    };
  }
}

function* alternativesOf(schema: OpenSchema, at: string, place: Place): Iterable<Below> {
  if (schema.not) yield { schema: schema.not, at: child(at, "not"), place };
  for (const name of ["allOf", "oneOf", "anyOf"] as const) {
    for (const [i, inner] of (schema[name] ?? []).entries()) {
      yield { schema: inner, at: index(child(at, name), i), place };
    }
  }
}
