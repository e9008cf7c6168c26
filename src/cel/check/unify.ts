/**
 * Which type may stand where another is expected, and what the unknown parts of both turn out to be.
 * upstream: cel-go/checker/types.go
 */
import { dynType, type CelType } from "#cel/types.ts";

/** What type variables stand for so far. */
export type Bindings = ReadonlyMap<string, CelType>;

export const noBindings: Bindings = new Map();

/** The bindings under which `actual` may stand for `expected`; undefined when it may not. */
export function assign(
  bindings: Bindings,
  expected: CelType,
  actual: CelType,
): Bindings | undefined {
  const scratch = new Map(bindings);
  return isAssignable(scratch, expected, actual) ? scratch : undefined;
}

const isAnything = (type: CelType): boolean => type.form === "dyn" || type.form === "error";

function isAssignable(bindings: Map<string, CelType>, expected: CelType, actual: CelType): boolean {
  if (expected === actual && expected.params.length === 0) return true;
  if (actual.form === "param") return bind(bindings, actual, expected);
  if (expected.form === "param") return bind(bindings, expected, actual);
  if (isAnything(expected) || isAnything(actual)) return true;
  if (isNullable(expected, actual) || isNullable(actual, expected)) return true;
  return expected.form === actual.form && expected.name === actual.name
    ? areAssignable(bindings, expected, actual)
    : false;
}

function areAssignable(
  bindings: Map<string, CelType>,
  expected: CelType,
  actual: CelType,
): boolean {
  if (expected.form === "type") return true;
  const { params } = expected;
  return (
    params.length === actual.params.length &&
    params.every((param, i) => isAssignable(bindings, param, actual.params[i] ?? dynType))
  );
}

const isNullable = (type: CelType, other: CelType): boolean =>
  other.form === "null" && takesNull.has(type.form);

const takesNull: ReadonlySet<string> = new Set(["object", "opaque", "timestamp", "duration"]);

function bind(bindings: Map<string, CelType>, param: CelType, type: CelType): boolean {
  if (type.form === "param" && type.name === param.name) return true;
  const known = bindings.get(param.name);
  if (known) {
    if (!isAssignable(bindings, known, type)) return false;
    if (isAnything(type)) bindings.set(param.name, type);
    return true;
  }
  if (contains(type, param.name, bindings)) return false;
  bindings.set(param.name, type);
  return true;
}

/** A type that would have to contain itself. */
function contains(type: CelType, name: string, bindings: Bindings): boolean {
  if (type.form === "param") {
    if (type.name === name) return true;
    const known = bindings.get(type.name);
    return known !== undefined && contains(known, name, bindings);
  }
  return type.params.some((param) => contains(param, name, bindings));
}

/** `type` with what is known put in; what is not becomes dyn when `isFinal`. */
export function resolve(bindings: Bindings, type: CelType, isFinal: boolean): CelType {
  if (type.form === "param") {
    const known = bindings.get(type.name);
    if (known) return resolve(bindings, known, isFinal);
    return isFinal ? dynType : type;
  }
  if (type.params.length === 0) return type;
  const params = type.params.map((param) => resolve(bindings, param, isFinal));
  const isSame = params.every((param, i) => param === type.params[i]);
  return isSame ? type : { ...type, params };
}

export const isSameType = (a: CelType, b: CelType): boolean =>
  a === b ||
  (a.form === b.form &&
    a.name === b.name &&
    a.params.length === b.params.length &&
    a.params.every((param, i) => isSameType(param, b.params[i] ?? dynType)));

/** The type of a list with items of both, where each may stand for the other. */
export function mostGeneral(a: CelType, b: CelType): CelType {
  if (isAnything(a) || a.form === "param") return a;
  return isAnything(b) || b.form === "param" ? b : a;
}
