/**
 * What apply and the bookkeeping of owners need to know of a type: whether it is owned as a whole,
 * key by key or item by item. Derived from the schema as upstream derives it from OpenAPI.
 */
import { fieldStep, valueStep } from "#schema/fieldset.ts";
import { formOf } from "#schema/json/forms.ts";
import { openRecord } from "#schema/open/shape.ts";
import { isEmpty, type JsonField, layoutOf } from "#schema/layout.ts";
import type { AnyStruct, FieldOptions, Type } from "#schema/struct.ts";

export type Shape =
  /** One value: a scalar, or anything atomic. */
  | { readonly is: "leaf"; readonly type: Type }
  /** A struct or a map, owned key by key. */
  | RecordShape
  /** A list whose items are known by their value or by the fields that identify them. */
  | ListShape
  /** Whatever the value is: objects key by key, everything else as a whole. */
  | { readonly is: "free" };

export interface RecordShape {
  readonly is: "record";
  readonly type: Type;
  /** The struct's fields; none for a map. */
  readonly fields: ReadonlyMap<string, RecordField>;
  /** Of every other key; undefined where there must be none. */
  readonly rest: Shape | undefined;
}

interface RecordField {
  readonly step: string;
  readonly shape: () => Shape;
}

export interface ListShape {
  readonly is: "list";
  readonly type: Type;
  /** In the order of their names; empty for a set of scalars. */
  readonly keys: readonly ListKey[];
  readonly item: Shape;
}

interface ListKey {
  readonly name: string;
  /** Stands in for a key that an item leaves out; undefined when nothing does. */
  readonly default: unknown;
}

export const free: Shape = { is: "free" };

const shapes = new WeakMap<AnyStruct, Shape>();

/** Of the struct owned field by field, even where its definition says it is atomic. */
export function shapeOf(struct: AnyStruct): Shape {
  const known = shapes.get(struct);
  if (known) return known;
  const shape = formOf(struct) ? free : recordOf(struct);
  shapes.set(struct, shape);
  return shape;
}

const noFields: RecordShape["fields"] = new Map();

function recordOf(struct: AnyStruct): RecordShape {
  const fields = layoutOf(struct).fields.map(
    (field) => [field.name, { step: fieldStep(field.name), shape: lazily(field) }] as const,
  );
  const type: Type = { is: "struct", struct: () => struct };
  const { open } = struct.options;
  // Of a struct without fields, OpenAPI says no more than that it is an object.
  const isShapeless = fields.length === 0;
  if (!open)
    return { is: "record", type, fields: new Map(fields), rest: isShapeless ? free : undefined };
  const { fields: members, rest } = openRecord(open);
  return { is: "record", type, fields: new Map([...members, ...fields]), rest };
}

/** Structs may contain themselves. */
function lazily({ type, options }: JsonField): () => Shape {
  let shape: Shape | undefined;
  return () => (shape ??= typeShape(type, options));
}

function typeShape(type: Type, options: FieldOptions): Shape {
  if (type.is === "scalar") return isFree(type) ? free : { is: "leaf", type };
  if (options.mapType === "atomic") return { is: "leaf", type };
  if (type.is === "struct") return structShape(type.struct(), type);
  if (type.is === "list") return listShape(type, options);
  return { is: "record", type, fields: noFields, rest: typeShape(type.value, noOptions) };
}

const noOptions: FieldOptions = {};

/** An embedded object (`raw`) is not: upstream's schema has it as one value. */
const isFree = ({ scalar }: Type & { is: "scalar" }): boolean =>
  scalar === "fields" || scalar === "json";

const structShape = (struct: AnyStruct, type: Type): Shape =>
  struct.options.atomic ? { is: "leaf", type } : shapeOf(struct);

export function listShape(type: Type & { is: "list" }, options: FieldOptions): Shape {
  const { listType = "atomic", keys = [] } = options;
  if (listType === "atomic") return { is: "leaf", type };
  const item = typeShape(type.item, noOptions);
  return { is: "list", type, keys: keys.toSorted().map((name) => keyOf(type.item, name)), item };
}

function keyOf(item: Type, name: string): ListKey {
  const field = item.is === "struct" ? layoutOf(item.struct()).byName.get(name) : undefined;
  if (!field) throw new TypeError(`a list is keyed by ${name}, which its items do not have`);
  return { name, default: field.options.default ?? publishedZero(field) };
}

/** OpenAPI publishes the zero of what is always there as its default, so apply fills it in. */
function publishedZero({ type, options, unset }: JsonField): unknown {
  if (type.is !== "scalar" || options.nullable) return undefined;
  return unset?.();
}

/** An item of a list that cannot be told from the others. */
export class NoKey extends Error {
  override readonly name = "NoKey";
}

/** The step of a path that leads to an item. Throws NoKey. */
export function itemStep(list: ListShape, item: unknown): string {
  return list.keys.length > 0 ? keyedStep(list.keys, item) : setStep(item);
}

function keyedStep(keys: readonly ListKey[], item: unknown): string {
  if (item === null) throw new NoKey("associative list with keys may not have a null element"); // exact: structured-merge-diff
  if (!isMap(item)) throw new NoKey("associative list with keys may not have non-map elements"); // exact: structured-merge-diff
  let identity = "";
  for (const { name, default: unset } of keys) {
    const value = item[name] ?? unset;
    // A key may be left out, as long as there is another.
    if (value !== undefined) identity += `${identity && ","}"${name}":${JSON.stringify(value)}`;
  }
  if (identity === "") throw new NoKey(lacksKeys(keys));
  return `k:{${identity}}`;
}

function lacksKeys(keys: readonly ListKey[]): string {
  const names = keys.map(({ name }) => JSON.stringify(name)).join(" ");
  return `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`; // exact: structured-merge-diff
}

function setStep(item: unknown): string {
  if (isMap(item))
    throw new NoKey("associative list without keys has an element that's a map type"); // exact: structured-merge-diff
  if (Array.isArray(item))
    throw new NoKey("not supported: associative list with lists as elements"); // exact: structured-merge-diff
  if (item === null)
    throw new NoKey("associative list without keys has an element that's an explicit null"); // exact: structured-merge-diff
  return valueStep(item);
}

export type JsonMap = Readonly<Record<string, unknown>>;

export const isMap = (value: unknown): value is JsonMap =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** No container of that shape, or an empty one. */
export function isNothing({ is }: RecordShape | ListShape, value: unknown): boolean {
  if (is === "list") return !Array.isArray(value) || value.length === 0;
  return !isMap(value) || isEmpty(value);
}

/** Where a value of shape `free` is a map, its keys are owned one by one, like any map's. */
export const freeRecord: RecordShape = {
  is: "record",
  type: { is: "scalar", scalar: "json" },
  fields: noFields,
  rest: free,
};

const freeLeaf: Shape = { is: "leaf", type: freeRecord.type };

/** `free` decided for a value; everything else is as it is. Null is an empty map, as upstream decides. */
export function decided(shape: Shape, value: unknown): Shape {
  if (shape.is !== "free") return shape;
  return value === null || isMap(value) ? freeRecord : freeLeaf;
}
