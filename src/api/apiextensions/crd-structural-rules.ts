/**
 * A schema is structural when it says what every part of an object is, outside of any alternative:
 * only then can objects be pruned and defaulted.
 * upstream: apiextensions-apiserver/pkg/apiserver/schema/{validation,complete}.go
 */
import {
  child,
  type FieldError,
  forbidden,
  index,
  invalid,
  key,
  required,
} from "#schema/field-error.ts";
import {
  isEmbedded,
  isIntOrString,
  keepsUnknown,
  type OpenSchema,
} from "#schema/open/open-schema.ts";
import { patternOf } from "#schema/open/pattern.ts";

/** In the order of their texts. */
export function structuralErrors(schema: OpenSchema, at: string): readonly FieldError[] {
  const errors = [...placeErrors(schema, "root", at), ...completeness(schema, { schema, at })];
  const textOf = ({ path, message }: FieldError): string => `${path}: ${message}`;
  return errors.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
}

type Level = "root" | "item" | "field";

/** Of a schema that describes a place. */
function* placeErrors(schema: OpenSchema, level: Level, at: string): Iterable<FieldError> {
  if (schema.type === "array" && !schema.items)
    yield required(child(at, "items"), "must be specified");
  if (schema.items) yield* placeErrors(schema.items, "item", child(at, "items"));
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    yield* placeErrors(property, "field", key(child(at, "properties"), name));
  }
  yield* valuesErrors(schema, level, at);
  yield* extensionErrors(schema, at);
  yield* valueRuleErrors(schema, at, intOrStringJunction(schema));
  yield* typeErrors(schema, level, at);
  yield* metaErrors(schema, level, at);
}

function* valuesErrors(
  { additionalProperties: values }: OpenSchema,
  level: Level,
  at: string,
): Iterable<FieldError> {
  if (values === undefined) return;
  const path = child(at, "additionalProperties");
  if (level === "root") yield forbidden(path, "must not be used at the root");
  if (typeof values === "object") yield* placeErrors(values, "field", path);
}

function* extensionErrors(schema: OpenSchema, at: string): Iterable<FieldError> {
  if (!isIntOrString(schema)) return;
  const why = "must be false if x-kubernetes-int-or-string is true";
  for (const name of [
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
  ] as const) {
    if (schema[name]) yield invalid(child(at, name), true, why);
  }
}

const missingTypes: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

function* typeErrors(schema: OpenSchema, level: Level, at: string): Iterable<FieldError> {
  const { type = "" } = schema;
  const path = child(at, "type");
  if (isEmbedded(schema)) yield* embeddedErrors(schema, at);
  else if (type === "" && !isIntOrString(schema) && !keepsUnknown(schema)) {
    yield required(path, missingTypes[level]);
  }
  if (level === "root" && type !== "" && type !== "object") {
    yield invalid(path, type, "must be object at the root");
  }
}

function* embeddedErrors(schema: OpenSchema, at: string): Iterable<FieldError> {
  const { type = "", properties = {} } = schema;
  const path = child(at, "type");
  if (type !== "object") {
    const why = "must be object if x-kubernetes-embedded-resource is true";
    yield type === "" ? required(path, why) : invalid(path, type, why);
  }
  if (schema.additionalProperties !== undefined) {
    const why = "must not be used if x-kubernetes-embedded-resource is set";
    yield forbidden(child(at, "additionalProperties"), why);
  }
  if (!keepsUnknown(schema) && Object.keys(properties).length === 0) {
    const why =
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
    yield required(child(at, "properties"), why);
  }
}

/** What every object has can only be restricted a little. */
function* metaErrors(schema: OpenSchema, level: Level, at: string): Iterable<FieldError> {
  if (level !== "root" && !isEmbedded(schema)) return;
  const { metadata } = schema.properties ?? {};
  const properties = child(at, "properties");
  for (const [name, wanted] of Object.entries(metaTypes)) {
    const property = schema.properties?.[name];
    if (!property || property.type === wanted) continue;
    const path = child(key(properties, name), "type");
    yield invalid(path, property.type ?? "", `must be ${wanted}`);
  }
  if (!metadata || level !== "root" || isPlainMetadata(metadata)) return;
  const why =
    "must not specify anything other than name and generateName, but metadata is implicitly specified";
  yield forbidden(key(properties, "metadata"), why);
}

const metaTypes = { kind: "string", apiVersion: "string", metadata: "object" } as const;

const plainNames = new Set(["name", "generateName"]);

function isPlainMetadata({ type: _type, properties = {}, default: _default, ...more }: OpenSchema) {
  const isPlain = Object.keys(properties).every((name) => plainNames.has(name));
  return isPlain && Object.keys(more).length === 0;
}

/** Where the one alternative stands that may name types: an integer or a string. */
function intOrStringJunction(schema: OpenSchema): readonly OpenSchema[] | undefined {
  if (!isIntOrString(schema)) return undefined;
  return [schema.anyOf, schema.allOf?.[0]?.anyOf].find(isIntOrStringPair);
}

const isIntOrStringPair = (anyOf: readonly OpenSchema[] | undefined): boolean =>
  JSON.stringify(anyOf) === '[{"type":"integer"},{"type":"string"}]';

type Allowed = readonly OpenSchema[] | undefined;

/** Of what a schema says of values, at a place or in an alternative. */
function* valueRuleErrors(schema: OpenSchema, at: string, allowed: Allowed): Iterable<FieldError> {
  for (const { inner, path, list } of alternativesOf(schema, at)) {
    if (list !== undefined && list === allowed) continue;
    yield* alternativeErrors(inner, path, allowed);
  }
  const { pattern } = schema;
  if (pattern && !patternOf(pattern)) {
    const why = "must be a valid regular expression, but isn't";
    yield invalid(child(at, "pattern"), pattern, why);
  }
}

interface Alternative {
  readonly inner: OpenSchema;
  readonly path: string;
  readonly list: readonly OpenSchema[] | undefined;
}

function* alternativesOf(schema: OpenSchema, at: string): Iterable<Alternative> {
  for (const name of ["anyOf", "allOf", "oneOf"] as const) {
    const list = schema[name] ?? [];
    for (const [i, inner] of list.entries()) yield { inner, list, path: index(child(at, name), i) };
  }
  if (schema.not) yield { inner: schema.not, list: undefined, path: child(at, "not") };
}

function* alternativeErrors(
  schema: OpenSchema,
  at: string,
  allowed: Allowed,
): Iterable<FieldError> {
  yield* valueRuleErrors(schema, at, allowed);
  if (schema.items) yield* alternativeErrors(schema.items, child(at, "items"), undefined);
  const { properties = {} } = schema;
  for (const [name, property] of Object.entries(properties)) {
    yield* alternativeErrors(property, key(child(at, "properties"), name), undefined);
  }
  for (const [name, why] of Object.entries(placesOnly)) {
    const value = (schema as Readonly<Record<string, unknown>>)[name];
    if (isSaid(value)) yield forbidden(child(at, name), why);
  }
  if (Object.hasOwn(properties, "metadata")) {
    const path = key(child(at, "properties"), "metadata");
    yield forbidden(path, "must not be specified in a nested context");
  }
}

const isSaid = (value: unknown): boolean =>
  value !== undefined &&
  value !== false &&
  value !== "" &&
  !(Array.isArray(value) && value.length === 0);

const [empty, absent, unset] = [
  "must be empty to be structural",
  "must be undefined to be structural",
  "must be false to be structural",
];

/** What only the schema of a place may say. */
const placesOnly: Readonly<Record<string, string>> = {
  type: empty,
  additionalProperties: absent,
  default: absent,
  title: empty,
  description: empty,
  nullable: unset,
  externalDocs: absent,
  "x-kubernetes-preserve-unknown-fields": unset,
  "x-kubernetes-embedded-resource": unset,
  "x-kubernetes-int-or-string": unset,
  "x-kubernetes-list-map-keys": empty,
  "x-kubernetes-list-type": absent,
  "x-kubernetes-map-type": absent,
  "x-kubernetes-validations": empty,
};

interface Place {
  readonly schema: OpenSchema | undefined;
  readonly at: string;
}

/** What an alternative speaks of must be there outside of it. */
function* completeness(rule: OpenSchema, place: Place, from = place.at): Iterable<FieldError> {
  for (const { inner, path } of alternativesOf(rule, from)) yield* covered(inner, place, path);
}

function* covered(rule: OpenSchema, { schema, at }: Place, from: string): Iterable<FieldError> {
  if (!schema) {
    yield required(at, `because it is defined in ${from}`);
    return;
  }
  yield* completeness(rule, { schema, at }, from);
  if (rule.items) {
    yield* covered(
      rule.items,
      { schema: schema.items, at: child(at, "items") },
      child(from, "items"),
    );
  }
  for (const [name, property] of Object.entries(rule.properties ?? {})) {
    const place = { schema: schema.properties?.[name], at: key(child(at, "properties"), name) };
    yield* covered(property, place, key(child(from, "properties"), name));
  }
}
