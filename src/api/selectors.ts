/**
 * Label and field selectors: the text form of the query, the struct form of the API, and one
 * matcher for both. upstream: staging/src/k8s.io/apimachinery/pkg/labels/selector.go
 */
import { unreachable } from "#base/assert.ts";
import { aggregateText, type FieldError, invalid } from "#schema/field-error.ts";
import { badRequest } from "./errors.ts";
import { parseRequirements } from "./label-selector-syntax.ts";
import type { LabelSelector } from "./meta/label-selector.ts";
import { labelKey, labelValue } from "./names.ts";

export type Labels = { readonly [key: string]: string };

export type LabelOperator = "in" | "notin" | "=" | "==" | "!=" | "exists" | "!" | "gt" | "lt";

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

export interface LabelMatcher {
  readonly matches: (labels: Labels | undefined) => boolean;
  /** It has no requirement at all. */
  readonly isEverything: boolean;
  /** It can match nothing: it was made of an absent selector. */
  readonly isNothing: boolean;
  /** Sorted by key. */
  readonly requirements: readonly LabelRequirement[];
  /** The text form: `app=web,tier in (a,b)`. */
  readonly toString: () => string;
}

const noLabels: Labels = Object.freeze({});

function matcherOf(requirements: readonly LabelRequirement[]): LabelMatcher {
  const sorted = requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return Object.freeze({
    matches: (labels: Labels | undefined) => {
      const having = labels ?? noLabels;
      for (const requirement of sorted) if (!fulfils(having, requirement)) return false;
      return true;
    },
    isEverything: sorted.length === 0,
    isNothing: false,
    requirements: sorted,
    toString: () => sorted.map(formatRequirement).join(","),
  });
}

export const everything: LabelMatcher = matcherOf([]);

export const nothing: LabelMatcher = Object.freeze({
  matches: () => false,
  isEverything: false,
  isNothing: true,
  requirements: [],
  toString: () => "",
});

type Test = (value: string | undefined, values: readonly string[]) => boolean;

const isAmong: Test = (value, values) => value !== undefined && values.includes(value);
const isOther: Test = (value, values) => value === undefined || !values.includes(value);

const tests: { readonly [Operator in LabelOperator]: Test } = {
  in: isAmong,
  "=": isAmong,
  "==": isAmong,
  notin: isOther,
  "!=": isOther,
  exists: (value) => value !== undefined,
  "!": (value) => value === undefined,
  gt: (value, [bound]) => compares(value, bound, (a, b) => a > b),
  lt: (value, [bound]) => compares(value, bound, (a, b) => a < b),
};

function fulfils(labels: Labels, { key, operator, values }: LabelRequirement): boolean {
  return tests[operator](Object.hasOwn(labels, key) ? labels[key] : undefined, values);
}

const integer = /^[+-]?[0-9]+$/;

/** Both are 64-bit integers, and in that order. */
function compares(
  value: string | undefined,
  bound: string | undefined,
  holds: (a: bigint, b: bigint) => boolean,
): boolean {
  const a = parseInt64(value);
  const b = parseInt64(bound);
  return a !== undefined && b !== undefined && holds(a, b);
}

/** As Go's `strconv.ParseInt(text, 10, 64)`. */
export function parseInt64(text: string | undefined): bigint | undefined {
  if (text === undefined || !integer.test(text)) return undefined;
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${values.toSorted().join(",")})`;
    case "gt":
      return `${key}>${values[0]}`;
    case "lt":
      return `${key}<${values[0]}`;
    case "=":
    case "==":
    case "!=":
      return `${key}${operator}${values[0]}`;
    default:
      return unreachable(operator);
  }
}

/** `labelSelector=…` of a request. Throws BadRequest. */
export function parseLabelSelector(text: string): LabelMatcher {
  if (text === "") return everything;
  const requirements = parseRequirements(text);
  for (const requirement of requirements) {
    const errors = requirementErrors(requirement);
    if (errors.length > 0)
      throw badRequest(`unable to parse requirement: ${aggregateText(errors)}`);
  }
  return matcherOf(requirements);
}

/** What upstream's `NewRequirement` refuses. */
function requirementErrors({ key, operator, values }: LabelRequirement): readonly FieldError[] {
  const errors: FieldError[] = [];
  const keyProblems = labelKey(key);
  if (keyProblems.length > 0) errors.push(invalid("key", key, keyProblems.join("; ")));
  const arity = arityProblem(operator, values.length);
  if (arity !== undefined) errors.push(invalid("values", values, arity));
  const isOrdered = operator === "gt" || operator === "lt";
  for (const [at, value] of values.entries()) {
    if (isOrdered && parseInt64(value) === undefined) {
      errors.push(invalid(`values[${at}]`, value, notInteger));
    }
    const problems = labelValue(value);
    if (problems.length > 0) {
      errors.push(invalid(`values[${at}][${key}]`, value, problems.join("; ")));
    }
  }
  return errors;
}

const notInteger = "for 'Gt', 'Lt' operators, the value must be an integer";

const needsSome = "for 'in', 'notin' operators, values set can't be empty";
const needsOne = "exact-match compatibility requires one single value";
const needsNone = "values set must be empty for exists and does not exist";
const needsOneInteger = "for 'Gt', 'Lt' operators, exactly one value is required";

const arities: {
  readonly [Operator in LabelOperator]: readonly [fewest: number, problem: string];
} = {
  in: [1, needsSome],
  notin: [1, needsSome],
  "=": [1, needsOne],
  "==": [1, needsOne],
  "!=": [1, needsOne],
  exists: [0, needsNone],
  "!": [0, needsNone],
  gt: [1, needsOneInteger],
  lt: [1, needsOneInteger],
};

function arityProblem(operator: LabelOperator, count: number): string | undefined {
  const [fewest, problem] = arities[operator];
  const isRight = problem === needsSome ? count >= fewest : count === fewest;
  return isRight ? undefined : problem;
}

const madeOf = new WeakMap<object, LabelMatcher>();

/**
 * The matcher of a selector in the API: absent selects nothing, empty selects everything.
 * Remembered per object, so asking again costs a look-up. Throws BadRequest on an invalid one.
 */
export function labelSelectorOf(selector: LabelSelector | undefined): LabelMatcher {
  const found = findLabelMatcher(selector);
  if (typeof found === "string") throw badRequest(found);
  return found;
}

/** The matcher, or what is wrong with the selector. */
function findLabelMatcher(selector: LabelSelector | undefined): LabelMatcher | string {
  if (selector === undefined) return nothing;
  const known = madeOf.get(selector);
  if (known) return known;
  const requirements = requirementsOf(selector);
  if (typeof requirements === "string") return requirements;
  const made = matcherOf(requirements);
  madeOf.set(selector, made);
  return made;
}

/** The matcher of a plain map of labels (a Service's or a ReplicationController's selector). */
export function labelSetSelectorOf(set: Labels | undefined): LabelMatcher {
  if (set === undefined) return everything;
  const made = madeOf.get(set) ?? matcherOf(exactly(set));
  madeOf.set(set, made);
  return made;
}

const exactly = (set: Labels): LabelRequirement[] =>
  Object.entries(set).map(([key, value]) => ({ key, operator: "=", values: [value] }));

const operatorOf: { readonly [operator: string]: LabelOperator } = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
};

/** The requirements, or what is wrong with the first bad one. */
function requirementsOf(selector: LabelSelector): readonly LabelRequirement[] | string {
  const requirements = exactly(selector.matchLabels ?? {});
  for (const { key, operator: name, values = [] } of selector.matchExpressions ?? []) {
    const operator = operatorOf[name];
    if (!operator) return `"${name}" is not a valid label selector operator`;
    requirements.push({ key, operator, values });
  }
  const errors = requirements.map(requirementErrors).find(({ length }) => length > 0);
  return errors ? aggregateText(errors) : requirements;
}

/** A selector for people: `<none>` when it has no requirement, `<error>` when it is invalid. */
export const formatLabelSelector = (selector: LabelSelector | undefined): string =>
  labelSelectorText(selector, "<error>") || "<none>";

/** The text form, or `whenInvalid`. */
export function labelSelectorText(
  selector: LabelSelector | undefined,
  whenInvalid: string,
): string {
  const found = findLabelMatcher(selector);
  return typeof found === "string" ? whenInvalid : found.toString();
}

/** One condition on a field: `status.phase!=Running`. */
export interface FieldTerm {
  readonly path: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

/** `fieldSelector=…` of a request; `\,`, `\=` and `\\` stand for themselves. Throws BadRequest. */
export function parseFieldSelector(text: string): readonly FieldTerm[] {
  return splitTerms(text)
    .toSorted()
    .filter((term) => term !== "")
    .map((term) => {
      const found = /!=|==|=/.exec(term);
      if (!found) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
      return {
        path: term.slice(0, found.index),
        operator: found[0] === "!=" ? ("!=" as const) : ("=" as const),
        value: unescape(term.slice(found.index + found[0].length)),
      };
    });
}

/** Split at commas that no backslash escapes. */
const splitTerms = (text: string): readonly string[] => text.match(/(?:\\.|[^,\\]|\\$)+/gs) ?? [];

function unescape(text: string): string {
  if (!/[\\,=]/.test(text)) return text;
  let value = "";
  for (let at = 0; at < text.length; at++) {
    let char = text.charAt(at);
    if (char === "=" || char === ",") {
      throw badRequest(
        `invalid field selector: unescaped character in value: ${char.charCodeAt(0)}`,
      );
    }
    if (char === "\\") {
      char = text.charAt(++at);
      if (char === "" || !"\\,=".includes(char)) {
        throw badRequest(`invalid field selector: invalid escape sequence: \\${char}`);
      }
    }
    value += char;
  }
  return value;
}

/** The value that a selector demands of `path`, when it demands exactly one. */
export const exactFieldValue = (terms: readonly FieldTerm[], path: string): string | undefined =>
  terms.find((term) => term.path === path && term.operator === "=")?.value;
