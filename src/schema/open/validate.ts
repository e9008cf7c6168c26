/**
 * Whether a value is as its schema wants it, in the words of upstream's validation of custom
 * resources. What did not change since it was accepted is not judged again (ratcheting).
 * upstream: k8s.io/kube-openapi/pkg/validation, apiextensions-apiserver/pkg/apiserver/validation
 */
import { equal } from "#schema/copy.ts";
import {
  duplicate,
  type FieldError,
  index,
  invalid,
  notListed,
  required,
  tooMany,
  typeInvalid,
} from "#schema/field-error.ts";
import { isValidFormat } from "./formats.ts";
import {
  isEmbedded,
  isIntOrString,
  isOpenObject,
  memberOf,
  type OpenObject,
  type OpenSchema,
} from "./open-schema.ts";
import { scalarErrors } from "./validate-scalars.ts";

export interface Judged {
  readonly value: unknown;
  /** As it was accepted before; undefined when it is new or cannot be told from others. */
  readonly old?: unknown;
  readonly at: string;
}

/** Rules beyond the structure: where the expressions of x-kubernetes-validations come in. */
export type OpenRules = (schema: OpenSchema, judged: Judged) => Iterable<FieldError>;

const noRules: OpenRules = () => [];

/** Yields every violation. */
export function* openErrors(
  schema: OpenSchema,
  judged: Judged,
  rules: OpenRules = noRules,
): Iterable<FieldError> {
  const { value, old, at } = judged;
  if (value === undefined || (old !== undefined && equal(value, old))) return;
  if (value === null && schema.nullable) return;
  const wrongType = typeError(schema, value, at);
  if (wrongType) {
    yield wrongType;
    return;
  }
  yield* enumErrors(schema, value, at);
  if (Array.isArray(value)) yield* listErrors(schema, { value, old, at }, rules);
  else if (isOpenObject(value)) yield* objectErrors(schema, { value, old, at }, rules);
  else yield* scalarErrors(schema, value, at);
  if (hasJunction(schema)) yield* junctionErrors(schema, judged);
  yield* rules(schema, judged);
}

export const openTypeOf = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
};

function typesOf(schema: OpenSchema): readonly string[] {
  if (isIntOrString(schema)) return ["integer", "string"];
  return schema.type ? [schema.type] : [];
}

function typeError(schema: OpenSchema, value: unknown, at: string): FieldError | undefined {
  const wanted = typesOf(schema);
  const found = openTypeOf(value);
  const fits = wanted.includes(found) || (found === "integer" && wanted.includes("number"));
  if (wanted.length > 0 && !fits) return wrong(at, { wanted: wanted.join(","), value: found });
  const { format } = schema;
  if (!format || typeof value !== "string" || isValidFormat(format, value)) return undefined;
  return wrong(at, { wanted: format, value });
}

// exact: kube-openapi
const wrong = (
  at: string,
  { wanted, value }: { readonly wanted: string; readonly value: string },
): FieldError =>
  typeInvalid(at, value, `${at} in body must be of type ${wanted}: ${JSON.stringify(value)}`);

function* enumErrors({ enum: allowed }: OpenSchema, value: unknown, at: string) {
  if (!allowed || allowed.some((one) => equal(one, value))) return;
  const shown = allowed.map((one) => (typeof one === "string" ? one : JSON.stringify(one)));
  yield notListed(at, value, shown);
}

interface JudgedObject extends Judged {
  readonly value: Readonly<OpenObject>;
}

function* objectErrors(
  schema: OpenSchema,
  { value, old, at }: JudgedObject,
  rules: OpenRules,
): Iterable<FieldError> {
  yield* countErrors(schema, value, at);
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) yield required(below(at, name));
  }
  if (isEmbedded(schema)) yield* typeMetaErrors(value, at);
  const before = isOpenObject(old) ? old : undefined;
  for (const name of Object.keys(value)) {
    const member = memberOf(schema, name);
    if (!member) continue;
    const judged = { value: value[name], old: before?.[name], at: below(at, name) };
    yield* openErrors(member, judged, rules);
  }
}

function* countErrors(
  { minProperties = 0, maxProperties = Infinity }: OpenSchema,
  object: Readonly<OpenObject>,
  at: string,
): Iterable<FieldError> {
  const count = Object.keys(object).length;
  // exact: kube-openapi
  const tooFew = `${at} in body should have at least ${minProperties} properties`;
  if (count < minProperties) yield invalid(at, object, tooFew);
  if (count > maxProperties) yield tooMany(at, count, maxProperties);
}

/** An object inside another says what it is, whatever its schema says. */
function* typeMetaErrors(object: Readonly<OpenObject>, at: string): Iterable<FieldError> {
  for (const name of ["apiVersion", "kind"]) {
    if (!object[name]) yield required(below(at, name), "must not be empty");
  }
}

const below = (at: string, name: string): string => (at === "" ? name : `${at}.${name}`);

interface JudgedList extends Judged {
  readonly value: readonly unknown[];
}

function* listErrors(
  schema: OpenSchema,
  { value, old, at }: JudgedList,
  rules: OpenRules,
): Iterable<FieldError> {
  const { minItems = 0, maxItems = Infinity, items } = schema;
  // exact: kube-openapi
  const tooFew = `${at} in body should have at least ${minItems} items`;
  if (value.length < minItems) yield invalid(at, value, tooFew);
  if (value.length > maxItems) yield tooMany(at, value.length, maxItems);
  if (schema.uniqueItems && hasTwice(value)) {
    yield invalid(at, value, `${at} in body shouldn't contain duplicates`); // exact: kube-openapi
  }
  yield* duplicatesIn(schema, value, at);
  if (!items) return;
  const before = itemsBefore(schema, old);
  for (const [i, item] of value.entries()) {
    const identity = identityOf(schema, item);
    const oldItem = identity === undefined ? undefined : before.get(identity);
    yield* openErrors(items, { value: item, old: oldItem, at: index(at, i) }, rules);
  }
}

const hasTwice = (list: readonly unknown[]): boolean =>
  list.some((item, i) => list.slice(0, i).some((other) => equal(item, other)));

/** Of an item in a list of type `map` or `set`; undefined where items have none. */
function identityOf(schema: OpenSchema, item: unknown): string | undefined {
  const keys = keysOf(schema, item);
  return keys === undefined ? undefined : JSON.stringify(keys);
}

function keysOf(schema: OpenSchema, item: unknown): unknown {
  const listType = schema["x-kubernetes-list-type"];
  if (listType === "set") return item;
  if (listType !== "map" || !isOpenObject(item)) return undefined;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  return Object.fromEntries(keys.toSorted().map((key) => [key, item[key]]));
}

function itemsBefore(schema: OpenSchema, old: unknown): ReadonlyMap<string, unknown> {
  const items: [string, unknown][] = [];
  for (const item of Array.isArray(old) ? old : []) {
    const identity = identityOf(schema, item);
    if (identity !== undefined) items.push([identity, item]);
  }
  return new Map(items);
}

function* duplicatesIn(
  schema: OpenSchema,
  list: readonly unknown[],
  at: string,
): Iterable<FieldError> {
  const seen = new Set<string>();
  for (const [i, item] of list.entries()) {
    const identity = identityOf(schema, item);
    if (identity === undefined) continue;
    if (seen.has(identity)) yield duplicate(index(at, i), keysOf(schema, item));
    seen.add(identity);
  }
}

const hasJunction = ({ allOf, anyOf, oneOf, not }: OpenSchema): boolean =>
  allOf !== undefined || anyOf !== undefined || oneOf !== undefined || not !== undefined;

/** exact: kube-openapi */
function* junctionErrors(schema: OpenSchema, { value, at }: Judged): Iterable<FieldError> {
  const name = JSON.stringify(at);
  const problemsOf = (one: OpenSchema): readonly FieldError[] => [
    ...openErrors(one, { value, at }),
  ];
  const { allOf, anyOf, oneOf, not } = schema;
  if (allOf) yield* allOfErrors(allOf.map(problemsOf), name);
  if (anyOf) yield* anyOfErrors(anyOf.map(problemsOf), name);
  if (oneOf) yield* oneOfErrors(oneOf.map(problemsOf), name);
  if (not && problemsOf(not).length === 0) {
    yield composite(`${name} must not validate the schema (not)`);
  }
}

/** What is wrong by each of the alternatives. */
type Failures = readonly (readonly FieldError[])[];

function* allOfErrors(all: Failures, name: string): Iterable<FieldError> {
  const failed = all.filter((problems) => problems.length > 0);
  if (failed.length === 0) return;
  const none = failed.length === all.length ? ". None validated" : "";
  yield composite(`${name} must validate all the schemas (allOf)${none}`);
  yield* failed.flat();
}

function* anyOfErrors(any: Failures, name: string): Iterable<FieldError> {
  if (any.length === 0 || any.some((problems) => problems.length === 0)) return;
  yield composite(`${name} must validate at least one schema (anyOf)`);
  yield* bestOf(any);
}

function* oneOfErrors(one: Failures, name: string): Iterable<FieldError> {
  const valid = one.filter((problems) => problems.length === 0).length;
  if (one.length === 0 || valid === 1) return;
  const found = valid === 0 ? "Found none valid" : `Found ${valid} valid alternatives`;
  yield composite(`${name} must validate one and only one schema (oneOf). ${found}`);
  if (valid === 0) yield* bestOf(one);
}

/** exact: apiextensions-apiserver, which knows no path for it. */
const composite = (message: string): FieldError => invalid("<nil>", "", message);

/** What is closest to being valid says most about what is wrong. */
const bestOf = (failures: Failures): readonly FieldError[] =>
  failures.toSorted((a, b) => a.length - b.length)[0] ?? [];
