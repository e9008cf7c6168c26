/**
 * What a schema may say of lists and of defaults, and a few things that no schema may say.
 * upstream: apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go
 */
import {
  child,
  type FieldError,
  forbidden,
  index,
  invalid,
  key,
  notListed,
  notSupported,
  required,
} from "#schema/field-error.ts";
import { isIntOrString, type OpenSchema } from "#schema/open/open-schema.ts";
import { pruned } from "#schema/open/prune.ts";
import { openErrors } from "#schema/open/validate.ts";
import { equal } from "#schema/copy.ts";
import { expressionErrors } from "./crd-expression-rules.ts";
import { allBelow, type Place, placeErrors } from "./crd-places.ts";

const types = ["array", "boolean", "integer", "number", "object", "string"];

/** Of the schema and all below it. */
export function* schemaErrors(
  schema: OpenSchema,
  at: string,
  place: Place = {},
): Iterable<FieldError> {
  const { type = "" } = schema;
  if (type !== "" && !types.includes(type)) yield notSupported(child(at, "type"), type, types);
  if (type !== "" && isIntOrString(schema)) {
    yield forbidden(child(at, "type"), "must be empty if x-kubernetes-int-or-string is true");
  }
  yield* placeErrors(schema, at, place);
  yield* unsupported(schema, at);
  yield* listErrors(schema, at);
  yield* mapErrors(schema, at);
  yield* expressionErrors(schema, at);
  for (const inner of allBelow(schema, at, place)) {
    yield* schemaErrors(inner.schema, inner.at, inner.place);
  }
}

function* below(schema: OpenSchema, at: string): Iterable<readonly [string, OpenSchema]> {
  const { properties = {}, items, additionalProperties: values } = schema;
  for (const [name, property] of Object.entries(properties)) {
    yield [key(child(at, "properties"), name), property];
  }
  if (typeof values === "object") yield [child(at, "additionalProperties"), values];
  if (items) yield [child(at, "items"), items];
}

const unsupportedNames = [
  "id",
  "additionalItems",
  "patternProperties",
  "definitions",
  "dependencies",
  "$ref",
];

/** exact: apiextensions-apiserver */
function* unsupported(schema: OpenSchema, at: string): Iterable<FieldError> {
  const said = schema as Readonly<Record<string, unknown>>;
  if (schema.uniqueItems) {
    const why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
    yield forbidden(child(at, "uniqueItems"), why);
  }
  const { additionalProperties: values = true, properties = {} } = schema;
  if (values !== true && Object.keys(properties).length > 0) {
    const why = "additionalProperties and properties are mutual exclusive";
    yield forbidden(child(at, "additionalProperties"), why);
  }
  for (const name of unsupportedNames) {
    if (said[name] !== undefined) yield forbidden(child(at, name), `${name} is not supported`);
  }
  if (schema.type === "null") {
    const why = "type cannot be set to null, use nullable as an alternative";
    yield forbidden(child(at, "type"), why);
  }
  if (Array.isArray(schema.items)) {
    const why = "items must be a schema object and not an array";
    yield forbidden(child(at, "items"), why);
  }
}

const listTypes = ["atomic", "set", "map"];
const mapTypes = ["atomic", "granular"];

function* listErrors(schema: OpenSchema, at: string): Iterable<FieldError> {
  const { items, "x-kubernetes-list-type": listType } = schema;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  if (listType !== undefined) yield* listTypeErrors(listType, schema, at);
  if ((listType === "set" || listType === "map") && items?.nullable) {
    const why = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
    yield forbidden(child(child(at, "items"), "nullable"), why);
  }
  if (listType === "map") yield* keyedListErrors(keys, items, at);
  else if (keys.length > 0) {
    const path = child(at, "x-kubernetes-list-type");
    const why = "must be map if x-kubernetes-list-map-keys is non-empty";
    yield listType === undefined ? required(path, why) : invalid(path, listType, why);
  }
}

function* listTypeErrors(
  listType: string,
  { type = "", items }: OpenSchema,
  at: string,
): Iterable<FieldError> {
  if (type !== "array") {
    const why = "must be array if x-kubernetes-list-type is specified";
    yield type === "" ? required(child(at, "type"), why) : invalid(child(at, "type"), type, why);
  }
  if (!listTypes.includes(listType)) {
    yield notListed(child(at, "x-kubernetes-list-type"), listType, listTypes);
  }
  if (listType === "set" && items) yield* setErrors(items, child(at, "items"));
}

/** Items of a set are compared as a whole. */
function* setErrors(items: OpenSchema, at: string): Iterable<FieldError> {
  const { type, "x-kubernetes-list-type": listType = "atomic" } = items;
  if (type === "array" && listType !== "atomic") {
    yield invalid(child(at, "x-kubernetes-list-type"), listType, atomicItems);
  }
  if (type === "object" && items["x-kubernetes-map-type"] !== "atomic") {
    yield required(child(at, "x-kubernetes-map-type"), atomicItems);
  }
}

const atomicItems = "must be atomic as item of a list with x-kubernetes-list-type=set";

function* keyedListErrors(
  keys: readonly string[],
  items: OpenSchema | undefined,
  at: string,
): Iterable<FieldError> {
  const path = child(at, "x-kubernetes-list-map-keys");
  if (keys.length === 0) {
    yield required(path, "must not be empty if x-kubernetes-list-type is map");
  }
  if (!items) {
    yield required(child(at, "items"), "must have a schema if x-kubernetes-list-type is map");
    return;
  }
  if (items.type !== "object") {
    const why = "must be object if parent array's x-kubernetes-list-type is map";
    yield invalid(child(child(at, "items"), "type"), items.type ?? "", why);
  }
  for (const [i, name] of keys.entries()) {
    const property = items.properties?.[name];
    const isDemanded = items.required?.includes(name) === true;
    if (property) {
      const place = key(child(child(at, "items"), "properties"), name);
      yield* listKeyErrors(property, place, isDemanded);
    } else yield invalid(index(path, i), name, "entries must all be names of item properties");
    if (keys.indexOf(name) < i) yield invalid(path, keys, "must not contain duplicate entries");
  }
}

function* listKeyErrors(
  { type, nullable, default: unset }: OpenSchema,
  at: string,
  isDemanded: boolean,
): Iterable<FieldError> {
  if (type === "array" || type === "object") {
    const why = "must be a scalar type if parent array's x-kubernetes-list-type is map";
    yield invalid(child(at, "type"), type, why);
  }
  const what = "this property is in x-kubernetes-list-map-keys, so it";
  if (nullable) yield forbidden(child(at, "nullable"), `${what} cannot be nullable`);
  if (unset === undefined && !isDemanded) {
    yield required(child(at, "default"), `${what} must have a default or be a required property`);
  }
}

function* mapErrors(schema: OpenSchema, at: string): Iterable<FieldError> {
  const { type = "", "x-kubernetes-map-type": mapType } = schema;
  if (mapType === undefined) return;
  if (type !== "object") {
    const why = "must be object if x-kubernetes-map-type is specified";
    yield type === "" ? required(child(at, "type"), why) : invalid(child(at, "type"), type, why);
  }
  if (!mapTypes.includes(mapType)) {
    yield notSupported(child(at, "x-kubernetes-map-type"), mapType, mapTypes);
  }
}

/** A default must be what it stands for; of a structural schema. */
export function* defaultErrors(schema: OpenSchema, at: string): Iterable<FieldError> {
  const { default: value } = schema;
  for (const [path, inner] of below(schema, at)) yield* defaultErrors(inner, path);
  if (value === undefined) return;
  const path = child(at, "default");
  if (!equal(pruned(schema, value, { hasUnknown: false, depth: 0 }), value)) {
    yield invalid(path, value, "must not have unknown fields");
    return;
  }
  yield* openErrors(schema, { value, at: path });
}
