/**
 * A struct as its JSON has it: inlined members in place, protobuf-only ones left out, and for each
 * field what stands there while it is unset. Computed once per struct; every codec starts here.
 */
import { formOf } from "#schema/json/forms.ts";
import type { AnyField, AnyStruct, FieldOptions, Scalar, Type } from "./struct.ts";

export interface JsonField {
  readonly name: string;
  readonly type: Type;
  readonly options: FieldOptions;
  /** What stands there while it is unset; undefined when nothing does. */
  readonly unset: (() => unknown) | undefined;
  /** It is left out when zero, although it was set. */
  readonly dropsZero: boolean;
}

export interface Layout {
  readonly fields: readonly JsonField[];
  readonly byName: ReadonlyMap<string, JsonField>;
  /** The struct and every struct inlined into it, children first. */
  readonly parts: readonly AnyStruct[];
}

const layouts = new WeakMap<AnyStruct, Layout>();

export function layoutOf(struct: AnyStruct): Layout {
  const known = layouts.get(struct);
  if (known) return known;
  const fields = [...fieldsOf(struct)];
  const layout: Layout = {
    fields,
    byName: new Map(fields.map((field) => [field.name, field])),
    parts: [...partsOf(struct)],
  };
  layouts.set(struct, layout);
  return layout;
}

function* fieldsOf(struct: AnyStruct): Iterable<JsonField> {
  for (const [name, field] of Object.entries(struct.fields)) {
    if (field.inline) yield* fieldsOf(inlined(field));
    else if (!field.options.noJson) yield jsonField(name, field);
  }
}

function* partsOf(struct: AnyStruct): Iterable<AnyStruct> {
  for (const field of Object.values(struct.fields)) {
    if (field.inline) yield* partsOf(inlined(field));
  }
  yield struct;
}

/** The struct that an inlined field brings its members from. */
export function inlined(field: AnyField): AnyStruct {
  if (field.type.is !== "struct") throw new TypeError("only structs can be inlined");
  return field.type.struct();
}

/** A field as its struct's JSON has it, also one that only protobuf has. */
export function jsonField(name: string, { type, options }: AnyField): JsonField {
  const { dropsZero, unset } = presenceOf(type, options);
  return { name, type, options, dropsZero, unset };
}

/** Present even when zero, because Go has a struct there. */
const isStructlike = (type: Type): boolean =>
  type.is === "struct" || (type.is === "scalar" && structlike.has(type.scalar));

const structlike: ReadonlySet<Scalar> = new Set<Scalar>([
  "quantity",
  "intOrString",
  "time",
  "microTime",
  "duration",
  "raw",
  "fields",
  "json",
]);

type Presence = Pick<JsonField, "unset" | "dropsZero">;

function presenceOf(type: Type, options: FieldOptions): Presence {
  if (options.optional) return { unset: undefined, dropsZero: false };
  if (options.nullable) return { unset: () => null, dropsZero: false };
  if (staysWhenZero(type, options)) return { unset: () => zeroOf(type), dropsZero: false };
  return { unset: undefined, dropsZero: true };
}

function staysWhenZero(type: Type, options: FieldOptions): boolean {
  if (isStructlike(type)) return !options.omitZero;
  if (options.always) return true;
  return options.required === true && !options.omitEmpty;
}

/** A fresh zero value, in canonical form: what an item that is null turns into. */
export function zeroOf(type: Type): unknown {
  if (type.is === "scalar") return type.scalar === "wrappedStrings" ? [] : scalarZeros[type.scalar];
  if (type.is === "list") return [];
  return type.is === "map" ? {} : zeroStruct(type.struct());
}

export function zeroStruct(struct: AnyStruct): unknown {
  const form = formOf(struct);
  if (form) return form.join({});
  const zero: Record<string, unknown> = {};
  for (const { name, unset } of layoutOf(struct).fields) if (unset) zero[name] = unset();
  return zero;
}

const scalarZeros: { readonly [S in Exclude<Scalar, "wrappedStrings">]: unknown } = {
  string: "",
  int32: 0,
  int64: 0,
  number: 0,
  boolean: false,
  bytes: "",
  quantity: "0",
  intOrString: 0,
  time: null,
  microTime: null,
  duration: "0s",
  raw: null,
  fields: null,
  json: null,
};

/** Whether a decoded value stands in the object. A pointer to what prints as null is none. */
export function isPresent({ dropsZero, unset }: JsonField, value: unknown): boolean {
  if (value === undefined) return false;
  return dropsZero ? !isZero(value) : value !== null || unset !== undefined;
}

/** Of canonical values only: an object that is no map is never zero. */
export function isZero(value: unknown): boolean {
  if (typeof value !== "object") return value === "" || value === 0 || value === false;
  if (value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isEmpty(value);
}

export function isEmpty(object: object): boolean {
  for (const _key in object) return false;
  return true;
}

/** The type of the items of lists and the values of maps, however deep. */
export function leafOf(type: Type): Type {
  if (type.is === "list") return leafOf(type.item);
  return type.is === "map" ? leafOf(type.value) : type;
}

const found = new WeakMap<AnyStruct, readonly AnyStruct[]>();

/** A struct, those its fields hold, those their fields hold, and so on: each once, inlined ones too. */
export function structsOf(struct: AnyStruct): readonly AnyStruct[] {
  const known = found.get(struct);
  if (known) return known;
  const structs = new Set([struct]);
  // A set grows while it is walked.
  for (const { fields } of structs) {
    for (const field of Object.values(fields)) {
      const leaf = leafOf(field.type);
      if (leaf.is === "struct") structs.add(leaf.struct());
    }
  }
  const all = [...structs];
  found.set(struct, all);
  return all;
}
