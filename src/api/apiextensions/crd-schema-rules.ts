/** What the schema must be like where the definition itself leans on it. */
import {
  child,
  duplicate,
  type FieldError,
  forbidden,
  index,
  invalid,
  required,
  tooMany,
} from "#schema/field-error.ts";
import type { SelectableField } from "./customresourcedefinition.ts";

/** As much of JSONSchemaProps as is looked at here. */
export interface JsonSchema {
  readonly type?: string;
  readonly nullable?: boolean;
  readonly properties?: { readonly [name: string]: JsonSchema };
}

/** Where the status is a subresource, its schema is cut out of the whole as `properties.status`. */
export function* validSchemaRoot(
  { type = "", nullable = false }: JsonSchema,
  at: string,
  isStatusCutOut: boolean,
): Iterable<FieldError> {
  if (isStatusCutOut && type !== "" && type !== "object") {
    const why =
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    yield invalid(child(at, "type"), type, why);
  }
  if (nullable) yield forbidden(child(at, "nullable"), "nullable cannot be true at the root");
}

const selectableMax = 8;
const selectableTypes = new Set(["string", "boolean", "integer"]);

export function* validSelectableFields(
  fields: readonly SelectableField[],
  schema: JsonSchema,
  at: string,
): Iterable<FieldError> {
  const seen = new Set<string>();
  for (const [i, { jsonPath }] of fields.entries()) {
    const path = child(index(at, i), "jsonPath");
    yield* validSelectable(jsonPath, schema, path);
    if (seen.has(jsonPath)) yield duplicate(path, jsonPath);
    if (jsonPath !== "") seen.add(jsonPath);
  }
  if (seen.size > selectableMax) yield tooMany(at, seen.size, selectableMax);
}

function* validSelectable(jsonPath: string, schema: JsonSchema, at: string): Iterable<FieldError> {
  if (jsonPath === "") {
    yield required(at);
    return;
  }
  const found = findSchema(jsonPath, schema);
  if (!found) {
    yield invalid(at, jsonPath, "is an invalid path: does not refer to a valid field");
    return;
  }
  if (/^\.metadata(\.|$)/.test(jsonPath)) {
    yield invalid(at, jsonPath, "must not point to fields in metadata");
  }
  if (!selectableTypes.has(found.type ?? "")) {
    const why =
      "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";
    yield invalid(at, jsonPath, why);
  }
}

/** Every schema has the metadata of an object, whether it says so or not. */
const metadataSchema: JsonSchema = {
  type: "object",
  properties: { name: { type: "string" }, namespace: { type: "string" } },
};

function findSchema(jsonPath: string, schema: JsonSchema): JsonSchema | undefined {
  if (!jsonPath.startsWith(".")) return undefined;
  let found: JsonSchema | undefined = {
    ...schema,
    properties: { metadata: metadataSchema, ...schema.properties },
  };
  for (const name of jsonPath.slice(1).split(".")) found = found?.properties?.[name];
  return found;
}
