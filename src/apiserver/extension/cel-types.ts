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
  if (isIntOrString(schema)) return dynType;
  const { type = "", items, maxItems, maxProperties, format = "", maxLength } = schema;
  if (type === "array") return sized(listType(items ? celTypeOf(items) : dynType), maxItems);
  if (type === "string") return formats[format] ?? sized(stringType, maxLength);
  if (type !== "object") return scalars[type] ?? dynType;
  const values = valuesOf(schema);
  if (values && !schema.properties)
    return sized(mapType(stringType, celTypeOf(values)), maxProperties);
  const fields = new Map(fieldsOf(schema));
  if (isObject || isEmbedded(schema))
    for (const [name, field] of metaFields) fields.set(name, field);
  return fields.size === 0 ? dynType : objectType("object", fields);
}

const sized = (type: CelType, sizeMax: number | undefined): CelType =>
  sizeMax === undefined ? type : bounded(type, sizeMax);

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
