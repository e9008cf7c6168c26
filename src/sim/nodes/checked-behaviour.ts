/**
 * Rules as code says them, held against what they may say: whoever writes plain JavaScript has nobody
 * else to tell him. Files are read by `behaviours/rules.ts`, which points at the place.
 */
import { parseQuantity } from "#base/quantity.ts";
import { unknownName } from "../reading/reader.ts";
import type { Behaviour, Match } from "./behaviour.ts";

interface Sort {
  readonly is: string;
  readonly accepts: (value: unknown) => boolean;
}

type Named = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Named =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isMs = (value: unknown): boolean => typeof value === "number" && value >= 0;
const isText = (value: unknown): boolean => typeof value === "string";
const isCode = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;
const isQuantity = (value: unknown): boolean =>
  typeof value === "string" && parseQuantity(value) !== undefined;

/** These members and no others, each of its sort. */
const isMade = (value: unknown, members: Readonly<Record<string, Sort["accepts"]>>): boolean =>
  isMap(value) &&
  Object.keys(value).every((name) => Object.hasOwn(members, name)) &&
  Object.entries(members).every(([name, accepts]) => accepts(value[name]));

const isSpan = (value: unknown): boolean =>
  isMs(value) ||
  isMade(value, { min: isMs, max: isMs }) ||
  isMade(value, { median: isMs, p99: isMs }) ||
  isMade(value, { mean: isMs, deviation: isMs }) ||
  isMade(value, { exponential: isMs });

const isAmount = (value: unknown): boolean =>
  isQuantity(value) || isMade(value, { min: isQuantity, max: isQuantity });

const isListOf = (accepts: Sort["accepts"]) => (value: unknown) =>
  Array.isArray(value) && value.every((one) => accepts(one));

const span: Sort = {
  is: "milliseconds, or { min, max }, { median, p99 }, { mean, deviation } or { exponential } of them",
  accepts: isSpan,
};
const text: Sort = { is: "a text", accepts: isText };
const amount: Sort = { is: 'a quantity such as "250m", or { min, max }', accepts: isAmount };
const growing: Sort = {
  is: 'a quantity such as "128Mi", { min, max }, or { from, to, overMs }',
  accepts: (value) =>
    isAmount(value) || isMade(value, { from: isAmount, to: isAmount, overMs: isSpan }),
};
const texts: Sort = {
  is: "a map of texts",
  accepts: (value) => isMap(value) && Object.values(value).every(isText),
};

const sorts: Readonly<Record<keyof Required<Behaviour>, Sort>> = {
  match: { is: "a map", accepts: isMap },
  pullMs: span,
  pullError: text,
  imageUser: { is: "an integer of at least 0", accepts: isCode },
  startMs: span,
  startError: text,
  runsForMs: span,
  exitCode: {
    is: "an integer of at least 0, or a list of them",
    accepts: (value) => isCode(value) || isListOf(isCode)(value),
  },
  stopsAfterMs: span,
  ready: { is: "true or false", accepts: (value) => typeof value === "boolean" },
  readyAfterMs: span,
  unhealthyAfterMs: span,
  cpu: amount,
  memory: growing,
  disk: growing,
  processes: growing,
  logs: { is: "a list of texts", accepts: isListOf(isText) },
  exec: { is: "a function", accepts: (value) => typeof value === "function" },
};

const matches: Readonly<Record<keyof Required<Match>, Sort>> = {
  image: {
    is: "a text or a regular expression",
    accepts: (value) => isText(value) || value instanceof RegExp,
  },
  labels: texts,
  annotations: texts,
  container: text,
  namespace: text,
  node: text,
};

/** Throws TypeError. */
export function checkedBehaviour(rule: Behaviour): Behaviour {
  const { match } = rule ?? {};
  if (!isMap(rule)) throw new TypeError(`expected a behaviour, found ${told(rule)}`);
  check("a behaviour", rule, sorts);
  if (match) check("a match", { ...match }, matches);
  return rule;
}

function check(what: string, given: Named, known: Readonly<Record<string, Sort>>): void {
  for (const [name, value] of Object.entries(given)) {
    const sort = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!sort) throw new TypeError(unknownName(what, name, Object.keys(known)));
    if (value === undefined || sort.accepts(value)) continue;
    throw new TypeError(`${name} of ${what}: expected ${sort.is}, found ${told(value)}`);
  }
}

const told = (value: unknown): string => JSON.stringify(value) ?? String(value);
