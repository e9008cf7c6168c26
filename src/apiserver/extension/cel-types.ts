/** What an expression may know of a custom resource: the types that its schema declares. */
import {
  bounded,
  boolType,
  type CelField,
  type CelType,
  doubleType,
  durationType,
  dynType,
  escapeProperty,
  intType,
  listType,
  mapType,
  objectType,
  stringType,
  timestampType,
} from "#cel/types.ts";
import { eitherMax, entriesMax, itemsMax, textMax } from "./size-bounds.ts";
import { isEmbedded, isIntOrString, type OpenSchema, valuesOf } from "#schema/open/open-schema.ts";

const scalars: Readonly<Record<string, CelType>> = {
  boolean: boolType,
  integer: intType,
  number: doubleType,
};

/** Texts that stand for something else. */
const formats: Readonly<Record<string, CelType>> = {
  date: timestampType,
  "date-time": timestampType,
  duration: durationType,
  // Its text is base64; what it stands for is told by the value alone.
  byte: dynType,
};

/** `isObject`: the schema is that of a whole object, whose name may be asked for. */
export function celTypeOf(schema: OpenSchema, isObject = false): CelType {
  if (isIntOrString(schema)) return bounded(dynType, eitherMax);
  const { type = "", items, format = "" } = schema;
  switch (type) {
    case "array":
      return bounded(listType(items ? celTypeOf(items) : dynType), itemsMax(schema));
    case "string":
      return bounded(formats[format] ?? stringType, textMax(schema));
    case "object":
      return objectTypeOf(schema, isObject);
    default:
      return scalars[type] ?? dynType;
  }
}

function objectTypeOf(schema: OpenSchema, isObject: boolean): CelType {
  const values = valuesOf(schema);
  if (values && !schema.properties)
    return bounded(mapType(stringType, celTypeOf(values)), entriesMax(schema));
  const meta = isObject || isEmbedded(schema) ? metaFields : [];
  const fields = new Map([...fieldsOf(schema), ...meta]);
  return fields.size === 0 ? dynType : objectType("object", fields);
}

function* fieldsOf({ properties = {} }: OpenSchema): Iterable<[string, CelField]> {
  for (const [property, schema] of Object.entries(properties)) {
    const name = escapeProperty(property);
    if (name === undefined) continue;
    const type = celTypeOf(schema);
    yield [name, name === property ? { type } : { type, property }];
  }
}

const metadata = objectType(
  "metadata",
  new Map([
    ["name", { type: stringType }],
    ["generateName", { type: stringType }],
  ]),
);

const metaFields: readonly (readonly [string, CelField])[] = [
  ["apiVersion", { type: stringType }],
  ["kind", { type: stringType }],
  ["metadata", { type: metadata }],
];
