/**
 * How large what a schema describes can be, where the schema does not say: a request holds so many bytes, and the
 * smallest item takes so many of them. Costs of rules are estimated by it.
 * upstream: staging/src/k8s.io/apiserver/pkg/cel/common/schemas.go
 */
import { isIntOrString, type OpenSchema, valuesOf } from "#schema/open/open-schema.ts";

// exact: apiserver, all numbers in this file
const requestBytesMax = 3 * 1024 * 1024;

/** Bytes of the shortest text in JSON, and characters of the longest one, where the format says. */
const formats: Readonly<Record<string, { readonly least: number; readonly most: number }>> = {
  duration: { least: 3, most: 32 },
  date: { least: 12, most: 12 },
  "date-time": { least: 21, most: 32 },
};

const leastOf: Readonly<Record<string, number>> = { boolean: 4, array: 2, string: 2, object: 2 };

/** Bytes that the smallest value takes. */
export function bytesMin(schema: OpenSchema): number {
  const { type = "", format = "" } = schema;
  if (isIntOrString(schema)) return 1;
  if (type === "object" && schema.properties) return bytesOfMembers(schema);
  return (type === "string" ? formats[format]?.least : undefined) ?? leastOf[type] ?? 1;
}

/** Of an object with nothing but what it must have, and no default gives. */
const bytesOfMembers = ({ properties = {}, required = [] }: OpenSchema): number =>
  Object.entries(properties)
    .filter(([name, { default: given }]) => required.includes(name) && given === undefined)
    .reduce((sum, [name, inner]) => sum + name.length + bytesMin(inner) + 4, 2);

/** How many of something fit into a request that each take so many bytes. */
export const countMax = (schema: OpenSchema): number =>
  Math.floor(requestBytesMax / (bytesMin(schema) + 1));

export const itemsMax = ({ items = {}, maxItems }: OpenSchema): number =>
  maxItems ?? Math.floor((requestBytesMax - 2) / (bytesMin(items) + 1));

export const entriesMax = (schema: OpenSchema): number =>
  schema.maxProperties ??
  Math.floor((requestBytesMax - 2) / (bytesMin(valuesOf(schema) ?? {}) + 6));

/** In bytes: a character has up to four. */
export function textMax({ format = "", maxLength, enum: allowed = [] }: OpenSchema): number {
  const known = formats[format];
  if (known) return known.most;
  if (maxLength !== undefined) return format === "byte" ? maxLength : maxLength * 4;
  const longest = allowed.map((one) => (typeof one === "string" ? Buffer.byteLength(one) : 0));
  return longest.length > 0 ? Math.max(...longest) : requestBytesMax - 2;
}

/** Of an int or a text. */
export const eitherMax = requestBytesMax - 2;
