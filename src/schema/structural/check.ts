/**
 * Whether an applied configuration fits the schema, in the words of upstream's typed values.
 * upstream: sigs.k8s.io/structured-merge-diff/typed/validate.go
 */
import { formatStep } from "#schema/fieldset.ts";
import { goKind, goText } from "#schema/json/go-text.ts";
import { formOf } from "#schema/json/forms.ts";
import { layoutOf } from "#schema/layout.ts";
import {
  isEmbedded,
  keepsUnknown,
  memberOf,
  metaFields,
  type OpenSchema,
} from "#schema/open/open-schema.ts";
import { openShape } from "#schema/open/shape.ts";
import type { AnyStruct, FieldOptions, Scalar, Type } from "#schema/struct.ts";
import { isMap, itemStep, listShape, NoKey, type Shape } from "./shape.ts";

/** Every problem as `.spec.replicas: expected numeric (int or float), got string`. */
export function* problemsIn(struct: AnyStruct, value: unknown, at = ""): Iterable<string> {
  if (formOf(struct) || value === null) return;
  if (!isMap(value)) {
    yield problem(at, `expected map, got ${shown(value)}`);
    return;
  }
  const { byName } = layoutOf(struct);
  const { open } = struct.options;
  for (const [key, inner] of Object.entries(value)) {
    const field = byName.get(key);
    if (field) yield* inType(field, inner, `${at}.${key}`);
    else if (open) yield* ofRoot(open, { key, inner }, `${at}.${key}`);
    else if (byName.size > 0) {
      yield problem(`${at}.${key}`, "field not declared in schema");
      return; // Upstream stops here, too.
    }
  }
}

interface Member {
  readonly key: string;
  readonly inner: unknown;
}

/** A custom object as such has no members but those that its schema names, or keeps. */
function* ofRoot(schema: OpenSchema, member: Member, at: string): Iterable<string> {
  const keeps = keepsUnknown(schema);
  if (keeps || memberOf(schema, member.key)) yield* openMember({ schema, keeps }, member, at);
  else yield problem(at, "field not declared in schema");
}

// exact: structured-merge-diff
const problem = (at: string, message: string): string =>
  at === "" ? message : `${at}: ${message}`;

interface Typed {
  readonly type: Type;
  readonly options: FieldOptions;
}

const noOptions: FieldOptions = {};

function* inType({ type, options }: Typed, value: unknown, at: string): Iterable<string> {
  if (type.is === "struct") yield* problemsIn(type.struct(), value, at);
  else if (type.is === "map") yield* inMap(type, value, at);
  else if (type.is === "list") yield* inList({ type, options }, value, at);
  else if (type.scalar === "wrappedStrings") yield* inList(strings, value, at);
  else {
    const wrong = value === null ? undefined : scalarProblem(type.scalar, value);
    if (wrong) yield problem(at, wrong);
  }
}

const strings: TypedList = {
  type: { is: "list", item: { is: "scalar", scalar: "string" } },
  options: noOptions,
};

function* inMap(type: Type & { is: "map" }, value: unknown, at: string): Iterable<string> {
  if (value === null) return;
  if (!isMap(value)) {
    yield problem(at, `expected map, got ${shown(value)}`);
    return;
  }
  for (const [key, inner] of Object.entries(value))
    yield* inType({ type: type.value, options: noOptions }, inner, `${at}.${key}`);
}

interface TypedList {
  readonly type: Type & { is: "list" };
  readonly options: FieldOptions;
}

function* inList({ type, options }: TypedList, value: unknown, at: string): Iterable<string> {
  if (value === null) return;
  if (!Array.isArray(value)) {
    yield problem(at, `expected list, got ${shown(value)}`);
    return;
  }
  const shape = listShape(type, options);
  const inItem = (item: unknown, path: string): Iterable<string> =>
    inType({ type: type.item, options: noOptions }, item, path);
  yield* inItems(value, at, { shape, inItem });
}

interface Items {
  readonly shape: Shape;
  readonly inItem: (item: unknown, at: string) => Iterable<string>;
}

function* inItems(
  list: readonly unknown[],
  at: string,
  { shape, inItem }: Items,
): Iterable<string> {
  const seen = new Set<string>();
  for (const [i, item] of list.entries()) {
    const step = stepOf(shape, item, i);
    if (step instanceof NoKey) {
      yield problem(at, `element ${i}: ${step.message}`);
      return;
    }
    if (seen.has(step)) yield problem(at, `duplicate entries for key ${step}`);
    seen.add(step);
    yield* inItem(item, at + step);
  }
}

interface Open {
  readonly schema: OpenSchema;
  /** It, or one above it, keeps what it does not know. */
  readonly keeps: boolean;
}

const below = ({ keeps }: Open, schema: OpenSchema): Open => ({
  schema,
  keeps: keeps || keepsUnknown(schema),
});

/** Of a schema that is known only at run time. */
function* inOpen(open: Open, value: unknown, at: string): Iterable<string> {
  if (value === null) return;
  const { schema, keeps } = open;
  if (schema.type === "object") {
    if (!isMap(value)) yield problem(at, `expected map, got ${shown(value)}`);
    else
      for (const [key, inner] of Object.entries(value)) {
        yield* openMember(open, { key, inner }, `${at}.${key}`);
      }
  } else if (schema.type === "array") {
    const { items = {} } = schema;
    const inItem = (item: unknown, path: string): Iterable<string> =>
      inOpen(below(open, items), item, path);
    if (!Array.isArray(value)) yield problem(at, `expected list, got ${shown(value)}`);
    else yield* inItems(value, at, { shape: openShape(schema, keeps), inItem });
  } else {
    const wrong = scalarProblem(openScalar(schema), value);
    if (wrong) yield problem(at, wrong);
  }
}

/** A text of a certain format may be written as a number as well, as far as types go. */
function openScalar({ type = "", format = "" }: OpenSchema): Scalar {
  const isFormatted = type === "string" && format !== "" && format !== "byte";
  return isFormatted ? "intOrString" : (scalars[type] ?? "json");
}

const scalars: Readonly<Record<string, Scalar>> = {
  string: "string",
  boolean: "boolean",
  integer: "int64",
  number: "number",
};

function* openMember(open: Open, { key, inner }: Member, at: string): Iterable<string> {
  const { schema, keeps } = open;
  const member = memberOf(schema, key);
  const isFree = keeps || isShapeless(schema) || (isEmbedded(schema) && metaFields.has(key));
  if (member) yield* inOpen(below(open, member), inner, at);
  else if (!isFree) yield problem(at, "field not declared in schema");
}

/** It says of an object no more than that it is one. */
const isShapeless = ({ properties = {} }: OpenSchema): boolean =>
  Object.keys(properties).length === 0;

/** As paths print it. */
function stepOf(shape: Shape, item: unknown, at: number): string | NoKey {
  if (shape.is !== "list") return `[${at}]`;
  try {
    return formatStep(itemStep(shape, item));
  } catch (cause) {
    if (cause instanceof NoKey) return cause;
    throw cause;
  }
}

const numeric: ReadonlySet<Scalar> = new Set<Scalar>(["int32", "int64", "number"]);
const untyped: ReadonlySet<Scalar> = new Set<Scalar>([
  "quantity",
  "intOrString",
  "time",
  "microTime",
]);
const free: ReadonlySet<Scalar> = new Set<Scalar>(["raw", "fields", "json"]);

function scalarProblem(scalar: Scalar, value: unknown): string | undefined {
  if (free.has(scalar)) return undefined;
  if (numeric.has(scalar))
    return typeof value === "number"
      ? undefined
      : `expected numeric (int or float), got ${goKind(value)}`;
  if (untyped.has(scalar))
    return typeof value === "object" ? `expected any scalar, got ${shown(value)}` : undefined;
  const wanted = scalar === "boolean" ? "boolean" : "string";
  if (typeof value === wanted) return undefined;
  return `expected ${wanted}, got ${wanted === "string" ? shownFully(value) : shown(value)}`;
}

/** As Go's %v has a typed value: users have these messages in their logs. */
const shown = (value: unknown): string => `&{${goText(value)}}`;

/** As Go's %#v has it. */
const shownFully = (value: unknown): string =>
  `&value.valueUnstructured{Value:${typeof value === "object" ? goKind(value) : ""}${quoted(value)}}`;

function quoted(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(quoted).join(", ")}}`;
  return JSON.stringify(value);
}
