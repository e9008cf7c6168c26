/**
 * The schema language: one description of a shape, from which the TypeScript type, the JSON and
 * protobuf codecs, defaulting, validation, OpenAPI and the merge rules of apply all derive.
 *
 * A struct is an ordered record of fields (the order is the order in JSON); each field has a
 * protobuf number, a type, and a presence that mirrors Go's encoding of the same field:
 *
 *   s.int32(2)                     a plain value: left out of JSON when zero
 *   s.int32(3, { required: true }) always in JSON, and clients must send it
 *   s.int32(4, { always: true })   always in JSON, clients may leave it out
 *   s.int32(1, { optional: true }) a pointer: absent unless set, so 0 and absent differ
 *   …{ required: true, nullable: true }  a pointer that prints as null while unset
 *
 * A plain `s.object` is always there, if only as `{}`; so are plain times and quantities.
 */
import type { FieldError } from "./field-error.ts";
import type { OpenSchema } from "./open/open-schema.ts";

/** How one value looks on the wire; `structlike` ones are present even when zero. */
export type Scalar =
  | "string"
  | "int32"
  | "int64"
  | "number"
  | "boolean"
  /** base64 in JSON. */
  | "bytes"
  | "quantity"
  | "intOrString"
  /** RFC 3339, whole seconds, UTC. */
  | "time"
  /** RFC 3339, microseconds, UTC. */
  | "microTime"
  /** Go duration syntax in JSON, nanoseconds in protobuf. */
  | "duration"
  /** An embedded object, JSON inside protobuf bytes. */
  | "raw"
  /** managedFields' field sets: an embedded object, JSON inside protobuf bytes. */
  | "fields"
  /** Any JSON value. */
  | "json"
  /** A list of strings that protobuf wraps in a message of its own (`ExtraValue`, `Verbs`). */
  | "wrappedStrings";

export type Type =
  | { readonly is: "scalar"; readonly scalar: Scalar; readonly oneOf?: readonly string[] }
  | { readonly is: "struct"; readonly struct: () => AnyStruct }
  | { readonly is: "list"; readonly item: Type }
  | { readonly is: "map"; readonly value: Type };

/** What server-side apply and strategic merge patch need to know of a list. */
export interface ListOptions {
  /** x-kubernetes-list-type; absent means atomic. */
  readonly listType?: "atomic" | "set" | "map";
  /** x-kubernetes-list-map-keys. */
  readonly keys?: readonly string[];
  /** x-kubernetes-patch-merge-key. */
  readonly patchKey?: string;
}

export interface FieldOptions<T = unknown> extends ListOptions {
  /** In JSON even when zero, and in OpenAPI's list of required fields. */
  readonly required?: true;
  /** In JSON even when zero, but not demanded. */
  readonly always?: true;
  /** A pointer: absent unless set. */
  readonly optional?: true;
  /** A pointer that prints as null while unset. Goes with `required` or `always`. */
  readonly nullable?: true;
  /** With `required`: left out of JSON when zero all the same. */
  readonly omitEmpty?: true;
  /** A time that is left out when zero, although it is no pointer. */
  readonly omitZero?: true;
  /** What OpenAPI publishes and decoding fills in. */
  readonly default?: T;
  /** One sentence for `explain` and OpenAPI. */
  readonly doc?: string;
  readonly deprecated?: true;
  /** The feature gate that guards the field. */
  readonly gate?: string;
  /** x-kubernetes-patch-strategy. */
  readonly patch?: "merge" | "replace" | "retainKeys" | "merge,retainKeys";
  /** x-kubernetes-map-type of the field. */
  readonly mapType?: "atomic" | "granular";
  /** The protobuf field name, where it is not the JSON name. */
  readonly protoName?: string;
  /** The struct that has the field checks the value itself, since it knows more: it is not walked. */
  readonly checkedByOwner?: true;
  /** No rule of `defaults` writes into it: as long as it stays as it was it is never copied. */
  readonly settled?: true;
  /** In protobuf only. */
  readonly noJson?: true;
  /** Members of one group exclude each other. */
  readonly oneOfGroup?: string;
}

export interface Field<Out = unknown, In = Out, P extends Presence = Presence> {
  /** Protobuf field number; 0 when the field has no protobuf form. */
  readonly pb: number;
  readonly type: Type;
  readonly options: FieldOptions;
  /** The members of the struct stand in the parent itself; in protobuf it stays one message. */
  readonly inline?: true;
  /** Phantom: types for inference, never present at run time. */
  readonly _types?: { out: Out; in: In; presence: P };
}

/** Presence in what the server returns, and in what a client must send. */
export interface Presence {
  readonly out: boolean;
  readonly in: boolean;
  readonly inline: boolean;
}

// oxlint-disable-next-line typescript/no-explicit-any -- Field is invariant; this is every field.
export type AnyField = Field<any, any, any>;
export type Fields = { readonly [name: string]: AnyField };

export interface Struct<Out = unknown, In = unknown> {
  /** Package and type: "core/v1.Container". */
  readonly name: string;
  readonly fields: Fields;
  readonly options: StructOptions<Out>;
  readonly _types?: { out: Out; in: In };
}

// oxlint-disable-next-line typescript/no-explicit-any -- Struct is invariant; this is every struct.
export type AnyStruct = Struct<any, any>;

export interface StructOptions<Out> {
  readonly doc?: string;
  /** Apply replaces it as a whole (x-kubernetes-map-type: atomic). */
  readonly atomic?: true;
  /** Published as x-kubernetes-unions. */
  readonly unions?: readonly object[];
  /** It exists in JSON only. */
  readonly noProto?: true;
  /** What stands beside the fields, by a schema that is known only at run time. */
  readonly open?: OpenSchema;
  /** Its JSON is not an object; the codec of that name knows how. */
  readonly jsonForm?: string;
  /** Fills in what depends on other fields. Runs after the fields' own defaults, children first. */
  readonly defaults?: (draft: Draft<Out>) => void;
  /**
   * Rules the fields cannot say. Yields every violation; never throws. `found` is what was wrong so far, among it all
   * that is wrong with the fields.
   */
  readonly validate?: (
    value: Out,
    at: string,
    found: readonly FieldError[],
  ) => Iterable<FieldError>;
}

/** A value under construction: decoding and defaulting write to it, then it is frozen for ever. */
export type Draft<T> = T extends readonly (infer I)[]
  ? Draft<I>[]
  : T extends object
    ? { -readonly [K in keyof T]: Draft<T[K]> }
    : T;

export type ValueOf<S> = S extends Struct<infer Out, infer _> ? Out : never;
/** What a client may write: everything the server would fill in may be left out. */
export type InputOf<S> = S extends Struct<infer _, infer In> ? In : never;

type PresenceOf<F> = F extends Field<infer _O, infer _I, infer P> ? P : never;
type OutOf<F> = F extends Field<infer Out, infer _I, infer _P> ? Out : never;
type InOf<F> = F extends Field<infer _O, infer In, infer _P> ? In : never;

type Flatten<T> = { readonly [K in keyof T]: T[K] } & {};
type InlineKeys<F> = {
  [K in keyof F]: PresenceOf<F[K]>["inline"] extends true ? K : never;
}[keyof F];
type Sure<F, D extends "out" | "in"> = {
  [K in keyof F]: PresenceOf<F[K]>["inline"] extends true
    ? never
    : PresenceOf<F[K]>[D] extends true
      ? K
      : never;
}[keyof F];
type Unsure<F, D extends "out" | "in"> = Exclude<keyof F, Sure<F, D> | InlineKeys<F>>;
type Both<U> = (U extends unknown ? (x: U) => void : never) extends (x: infer I) => void
  ? I
  : never;

export type OutShape<F> = Flatten<
  { [K in Sure<F, "out">]: OutOf<F[K]> } & {
    [K in Unsure<F, "out">]?: OutOf<F[K]> | undefined;
  } & ([InlineKeys<F>] extends [never] ? unknown : Both<OutOf<F[InlineKeys<F>]>>)
>;
export type InShape<F> = Flatten<
  { [K in Sure<F, "in">]: InOf<F[K]> } & { [K in Unsure<F, "in">]?: InOf<F[K]> | undefined } & ([
      InlineKeys<F>,
    ] extends [never]
      ? unknown
      : Both<InOf<F[InlineKeys<F>]>>)
>;

type Demanded<O> = O extends { required: true } ? true : false;
/** A scalar, list or map: there when the encoding never leaves it out. */
type PlainPresence<O> = {
  readonly out: O extends { omitEmpty: true } | { optional: true }
    ? false
    : O extends { required: true } | { always: true }
      ? true
      : false;
  readonly in: Demanded<O>;
  readonly inline: false;
};
/** A struct, time or quantity: there unless it is a pointer. */
type StructPresence<O> = {
  readonly out: O extends { optional: true } | { omitZero: true } ? false : true;
  readonly in: Demanded<O>;
  readonly inline: false;
};
type InlinePresence = { readonly out: true; readonly in: true; readonly inline: true };

type Sometimes<O> = O extends { optional: true } | { omitZero: true } ? true : false;
type NoOptions = object;

function scalar<T>(name: Scalar) {
  return <const O extends FieldOptions<T> = NoOptions>(
    pb: number,
    options?: O,
  ): Field<T | Nullable<O>, T | Nullable<O>, PlainPresence<O>> => ({
    pb,
    type: { is: "scalar", scalar: name },
    options: options ?? {},
  });
}

/** Like Go's `metav1.Time`: a struct that prints as a scalar, so a zero one is still there. */
function structlike<T, Zero>(name: Scalar) {
  return <const O extends FieldOptions<T> = NoOptions>(
    pb: number,
    options?: O,
  ): Field<Sometimes<O> extends true ? T : T | Zero, T | Zero, StructPresence<O>> => ({
    pb,
    type: { is: "scalar", scalar: name },
    options: options ?? {},
  });
}

/** The item of a list, or the value of a map. */
export type Item = Scalar | AnyStruct | (() => AnyStruct) | ListItem | OneOfItem;

interface ListItem {
  readonly listOf: Scalar;
}
interface OneOfItem<T extends string = string> {
  readonly oneOf: readonly T[];
}

interface ScalarValues {
  string: string;
  int32: number;
  int64: number;
  number: number;
  boolean: boolean;
  bytes: string;
  quantity: string;
  intOrString: number | string;
  time: string;
  microTime: string;
  duration: string;
  raw: JsonObject;
  fields: JsonObject;
  json: Json;
  wrappedStrings: readonly string[];
}

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json | undefined };

type ItemOut<I> = I extends Scalar
  ? ScalarValues[I]
  : I extends { oneOf: readonly (infer T)[] }
    ? T
    : I extends { listOf: infer L extends Scalar }
      ? readonly ScalarValues[L][]
      : I extends () => infer S
        ? ValueOf<S>
        : ValueOf<I>;
type ItemIn<I> = I extends Scalar
  ? ScalarValues[I]
  : I extends { oneOf: readonly (infer T)[] }
    ? T
    : I extends { listOf: infer L extends Scalar }
      ? readonly ScalarValues[L][]
      : I extends () => infer S
        ? InputOf<S>
        : InputOf<I>;

/** What an unset pointer without omitempty looks like; a demanded one is never seen unset. */
type Nullable<O> = O extends { always: true; nullable: true } ? null : never;

const isStruct = (item: object): item is AnyStruct => "fields" in item;

function typeOf(item: Item): Type {
  if (typeof item === "string") return { is: "scalar", scalar: item };
  if (typeof item === "function") return { is: "struct", struct: item };
  if (isStruct(item)) return { is: "struct", struct: () => item };
  if ("oneOf" in item) return { is: "scalar", scalar: "string", oneOf: item.oneOf };
  return { is: "list", item: { is: "scalar", scalar: item.listOf } };
}

export const s = {
  string: scalar<string>("string"),
  int32: scalar<number>("int32"),
  int64: scalar<number>("int64"),
  number: scalar<number>("number"),
  boolean: scalar<boolean>("boolean"),
  bytes: scalar<string>("bytes"),
  quantity: structlike<string, never>("quantity"),
  intOrString: structlike<number | string, never>("intOrString"),
  time: structlike<string, null>("time"),
  microTime: structlike<string, null>("microTime"),
  duration: structlike<string, never>("duration"),
  raw: structlike<JsonObject, null>("raw"),
  fieldSet: structlike<JsonObject, null>("fields"),
  json: structlike<Json, null>("json"),
  wrappedStrings: scalar<readonly string[]>("wrappedStrings"),

  /** A string out of a fixed set; errors list the values as they stand here. */
  oneOf: <const T extends string, const O extends FieldOptions<NoInfer<T>> = NoOptions>(
    pb: number,
    values: readonly T[],
    options?: O,
  ): Field<T, T, PlainPresence<O>> => ({
    pb,
    type: { is: "scalar", scalar: "string", oneOf: values },
    options: options ?? {},
  }),

  /** A struct; a function where the struct is defined further down or refers to itself. */
  object: <S extends AnyStruct, const O extends FieldOptions = NoOptions>(
    pb: number,
    struct: S | (() => S),
    options?: O,
  ): Field<ValueOf<S> | Nullable<O>, InputOf<S> | Nullable<O>, StructPresence<O>> => ({
    pb,
    type: { is: "struct", struct: typeof struct === "function" ? struct : () => struct },
    options: options ?? {},
  }),

  list: <const I extends Item, const O extends FieldOptions<readonly ItemOut<I>[]> = NoOptions>(
    pb: number,
    item: I,
    options?: O,
  ): Field<readonly ItemOut<I>[], readonly ItemIn<I>[], PlainPresence<O>> => ({
    pb,
    type: { is: "list", item: typeOf(item) },
    options: options ?? {},
  }),

  map: <const I extends Item, const O extends FieldOptions<object> = NoOptions>(
    pb: number,
    value: I,
    options?: O,
  ): Field<
    { readonly [key: string]: ItemOut<I> },
    { readonly [key: string]: ItemIn<I> },
    PlainPresence<O>
  > => ({ pb, type: { is: "map", value: typeOf(value) }, options: options ?? {} }),

  /** The fields of `struct`, in the parent itself. */
  inline: <S extends AnyStruct>(
    pb: number,
    struct: S,
    options?: { readonly protoName?: string },
  ): Field<ValueOf<S>, InputOf<S>, InlinePresence> => ({
    pb,
    type: { is: "struct", struct: () => struct },
    options: options ?? {},
    inline: true,
  }),

  struct: <F extends Fields>(
    name: string,
    fields: F,
    options: StructOptions<OutShape<F>> = {},
  ): Struct<OutShape<F>, InShape<F>> => Object.freeze({ name, fields, options }),
};

/** `kind` and `apiVersion`, in the order JSON has them; protobuf carries them elsewhere. */
export const typeMeta = {
  kind: s.string(0, { doc: "What sort of object it is, in CamelCase." }),
  apiVersion: s.string(0, { doc: "Group and version in which it is written down, as in apps/v1." }),
};
