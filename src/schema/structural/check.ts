/**
 * Whether an applied configuration fits the schema, in the words of upstream's typed values.
 * upstream: sigs.k8s.io/structured-merge-diff/typed/validate.go
 */
import { formatStep } from "#schema/fieldset.ts";
import { goKind, goText } from "#schema/json/go-text.ts";
import { formOf } from "#schema/json/forms.ts";
import { layoutOf } from "#schema/layout.ts";
import type { AnyStruct, FieldOptions, Scalar, Type } from "#schema/struct.ts";
import { isMap, itemStep, listShape, NoKey } from "./shape.ts";

/** Every problem as `.spec.replicas: expected numeric (int or float), got string`. */
export function* problemsIn(struct: AnyStruct, value: unknown, at = ""): Iterable<string> {
  if (formOf(struct) || value === null) return;
  if (!isMap(value)) {
    yield problem(at, `expected map, got ${shown(value)}`);
    return;
  }
  const { byName } = layoutOf(struct);
  for (const [key, inner] of Object.entries(value)) {
    const field = byName.get(key);
    if (!field) {
      yield problem(`${at}.${key}`, "field not declared in schema");
      return; // Upstream stops here, too.
    }
    yield* inType(field, inner, `${at}.${key}`);
  }
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
  else {
    const wrong = value === null ? undefined : scalarProblem(type.scalar, value);
    if (wrong) yield problem(at, wrong);
  }
}

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
  const seen = new Set<string>();
  for (const [i, item] of value.entries()) {
    const step = stepOf({ type, options }, item, i);
    if (step instanceof NoKey) {
      yield problem(at, `element ${i}: ${step.message}`);
      return;
    }
    if (seen.has(step)) yield problem(at, `duplicate entries for key ${step}`);
    seen.add(step);
    yield* inType({ type: type.item, options: noOptions }, item, at + step);
  }
}

/** As paths print it. */
function stepOf({ type, options }: TypedList, item: unknown, at: number): string | NoKey {
  const shape = listShape(type, options);
  if (shape.is !== "list") return `[${at}]`;
  try {
    return formatStep(itemStep(shape, item));
  } catch (cause) {
    if (cause instanceof NoKey) return cause;
    throw cause;
  }
}

const numeric: ReadonlySet<Scalar> = new Set<Scalar>(["int32", "int64", "number"]);
const untyped: ReadonlySet<Scalar> = new Set<Scalar>(["quantity", "intOrString"]);
const free: ReadonlySet<Scalar> = new Set<Scalar>(["raw", "fields", "json"]);

function scalarProblem(scalar: Scalar, value: unknown): string | undefined {
  if (free.has(scalar)) return undefined;
  if (scalar === "wrappedStrings")
    return Array.isArray(value) ? undefined : `expected list, got ${shown(value)}`;
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
