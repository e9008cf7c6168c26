/**
 * The type model of CEL as Kubernetes uses it. Types are plain values; a declared type may carry size bounds, from
 * which the cost of an expression is estimated before it ever runs.
 */

export type TypeForm =
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "timestamp"
  | "duration"
  | "null"
  | "dyn"
  | "error"
  | "list"
  | "map"
  | "object"
  | "opaque"
  | "type"
  | "param";

export interface CelField {
  readonly type: CelType;
  /** What the property is called in the value, when `escapeProperty` had to change it. */
  readonly property?: string;
}

export interface CelType {
  readonly form: TypeForm;
  /** How the language calls it, as in `type(x) == net.IP`. */
  readonly name: string;
  /** Of a list its items; of a map its keys and values; of an optional or a type what it is of. */
  readonly params: readonly CelType[];
  readonly fields?: ReadonlyMap<string, CelField>;
  /** The longest it can be: characters, bytes, items or entries. Unbounded when left out. */
  readonly sizeMax?: number;
}

const plain = (form: TypeForm, name: string): CelType => ({ form, name, params: [] });

export const boolType = plain("bool", "bool");
export const intType = plain("int", "int");
export const uintType = plain("uint", "uint");
export const doubleType = plain("double", "double");
export const stringType = plain("string", "string");
export const bytesType = plain("bytes", "bytes");
export const timestampType = plain("timestamp", "google.protobuf.Timestamp");
export const durationType = plain("duration", "google.protobuf.Duration");
export const nullType = plain("null", "null_type");
export const dynType = plain("dyn", "dyn");
/** Of a part that has an error of its own: nothing more is said about it. */
export const errorType = plain("error", "!error!");

export const listType = (items: CelType): CelType => ({
  form: "list",
  name: "list",
  params: [items],
});

export const mapType = (keys: CelType, values: CelType): CelType => ({
  form: "map",
  name: "map",
  params: [keys, values],
});

export const optionalType = (of: CelType): CelType => opaqueType("optional_type", of);

/** `type(x)` when x is an `of`. */
export const typeType = (of?: CelType): CelType => ({
  form: "type",
  name: "type",
  params: of ? [of] : [],
});

/** A type with methods but no fields, such as `kubernetes.Quantity`. */
export const opaqueType = (name: string, ...params: readonly CelType[]): CelType => ({
  form: "opaque",
  name,
  params,
});

/** A type with known fields. Fill `fields` later for a type that contains itself. */
export const objectType = (name: string, fields: ReadonlyMap<string, CelField>): CelType => ({
  form: "object",
  name,
  params: [],
  fields,
});

export const typeParam = (name: string): CelType => plain("param", name);

/** `type`, never larger than `sizeMax`. */
export const bounded = (type: CelType, sizeMax: number): CelType => ({ ...type, sizeMax });

/** Anything may be read from these. */
export const isUnknown = ({ form }: CelType): boolean =>
  form === "dyn" || form === "error" || form === "param";

export const isOptional = (type: CelType): boolean =>
  type.form === "opaque" && type.name === "optional_type";

/** What is inside a list, a map's keys, an optional; dyn when unknown. */
export const paramOf = (type: CelType, index = 0): CelType => type.params[index] ?? dynType;

/** As error messages show it. exact: cel-go */
export function formatType(type: CelType): string {
  if (type.form === "null") return "null";
  if (type.params.length === 0) return type.name;
  return `${type.name}(${type.params.map(formatType).join(", ")})`;
}

const keywords = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

const escapes: Readonly<Record<string, string>> = {
  __: "__underscores__",
  ".": "__dot__",
  "-": "__dash__",
  "/": "__slash__",
};

/** How an expression spells a property; undefined when it cannot be reached at all. */
export function escapeProperty(property: string): string | undefined {
  if (keywords.has(property)) return `__${property}__`;
  if (!/^[A-Za-z_.\-/][\w.\-/]*$/.test(property)) return undefined;
  return property.replaceAll(/__|[.\-/]/g, (found) => escapes[found] ?? found);
}
