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
import type { OpenSchema } from "#schema/open/open-schema.ts";
import { defaultErrors, schemaErrors } from "./crd-list-rules.ts";
import { structuralErrors } from "./crd-structural-rules.ts";
import type { SelectableField } from "./customresourcedefinition.ts";

/** What does not say anything of the status: that is cut out of the whole as `properties.status`. */
const rootNames: { readonly [name: string]: string } = {
  description: "Description",
  type: "Type",
  format: "Format",
  title: "Title",
  maximum: "Maximum",
  exclusiveMaximum: "ExclusiveMaximum",
  minimum: "Minimum",
  exclusiveMinimum: "ExclusiveMinimum",
  maxLength: "MaxLength",
  minLength: "MinLength",
  pattern: "Pattern",
  maxItems: "MaxItems",
  minItems: "MinItems",
  uniqueItems: "UniqueItems",
  multipleOf: "MultipleOf",
  required: "Required",
  items: "Items",
  properties: "Properties",
  externalDocs: "ExternalDocs",
  example: "Example",
  "x-kubernetes-preserve-unknown-fields": "XPreserveUnknownFields",
  "x-kubernetes-validations": "XValidations",
};

const saysSomething = (value: unknown): boolean =>
  value !== undefined &&
  value !== false &&
  value !== "" &&
  !(Array.isArray(value) && value.length === 0);

/** Where the status is a subresource, the root says little but what fields there are. */
function* validSchemaRoot(
  schema: OpenSchema,
  at: string,
  isStatusCutOut: boolean,
): Iterable<FieldError> {
  const { type = "", nullable = false } = schema;
  const others = Object.entries(schema).filter(
    ([name, value]) => !Object.hasOwn(rootNames, name) && saysSomething(value),
  );
  if (isStatusCutOut && type !== "" && type !== "object") {
    const why =
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    yield invalid(child(at, "type"), type, why);
  } else if (isStatusCutOut && others.length > 0) {
    const names = Object.values(rootNames).join(" ");
    const why = `only [${names}] fields are allowed at the root of the schema if the status subresource is enabled`;
    yield invalid(at, schema, why);
  }
  if (nullable) yield forbidden(child(at, "nullable"), "nullable cannot be true at the root");
}

/** Of one version, all through. */
export function* validSchema(
  schema: OpenSchema,
  at: string,
  isStatusCutOut: boolean,
): Iterable<FieldError> {
  yield* validSchemaRoot(schema, at, isStatusCutOut);
  yield* schemaErrors(schema, at, { isRoot: true });
  const structural = structuralErrors(schema, at);
  yield* structural;
  if (structural.length === 0) yield* defaultErrors(schema, at);
}

const selectableMax = 8;
const selectableTypes = new Set(["string", "boolean", "integer"]);

export function* validSelectableFields(
  fields: readonly SelectableField[],
  schema: OpenSchema,
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

function* validSelectable(jsonPath: string, schema: OpenSchema, at: string): Iterable<FieldError> {
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
const metadataSchema: OpenSchema = {
  type: "object",
  properties: { name: { type: "string" }, namespace: { type: "string" } },
};

function findSchema(jsonPath: string, schema: OpenSchema): OpenSchema | undefined {
  if (!jsonPath.startsWith(".")) return undefined;
  let found: OpenSchema | undefined = {
    ...schema,
    properties: { metadata: metadataSchema, ...schema.properties },
  };
  for (const name of jsonPath.slice(1).split(".")) found = found?.properties?.[name];
  return found;
}
