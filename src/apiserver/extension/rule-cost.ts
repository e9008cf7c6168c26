/**
 * What rules of custom resources could cost at most, from the sizes that their schema allows: rules that could cost too
 * much are refused with their definition.
 * upstream: apiextensions-apiserver/pkg/apis/apiextensions/validation/cel_validation.go
 */
import { type FieldError, forbidden } from "#schema/field-error.ts";
import { type OpenSchema, valuesOf } from "#schema/open/open-schema.ts";
import { countMax } from "./size-bounds.ts";

// exact: apiextensions-apiserver, all limits and messages
const ruleCostMax = 10_000_000;
const schemaCostMax = 100_000_000;
const mostTold = 4;

/** How often a value of a schema can be in one object; undefined when nothing says. */
export type Often = number | undefined;

/** Of what is inside a list or a map. */
export function oftenInside(schema: OpenSchema, often: Often): Often {
  const most = schema.items ? schema.maxItems : valuesOf(schema) ? schema.maxProperties : undefined;
  return often === undefined || most === undefined ? undefined : often * most;
}

export interface Charge {
  readonly name: "rule" | "messageExpression";
  readonly at: string;
  /** Of one evaluation. */
  readonly cost: number;
}

/** All rules of a schema together. */
export class RuleCosts {
  readonly #all: { readonly at: string; readonly cost: number }[] = [];

  /** What is wrong with this one by itself. */
  *charge({ name, at, cost }: Charge, schema: OpenSchema, often: Often): Iterable<FieldError> {
    const whole = Math.min(2 ** 64, cost * (often ?? countMax(schema)));
    this.#all.push({ at, cost: whole });
    if (whole > ruleCostMax)
      yield forbidden(at, tooMuch(`estimated ${name} cost`, whole, ruleCostMax));
  }

  /** What is wrong with all of them. */
  *total(at: string): Iterable<FieldError> {
    const sum = this.#all.reduce((before, { cost }) => before + cost, 0);
    if (sum <= schemaCostMax) return;
    const worst = this.#all.toSorted((a, b) => b.cost - a.cost).slice(0, mostTold);
    const why =
      "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
    for (const one of worst) yield forbidden(one.at, why);
    const what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
    yield forbidden(at, tooMuch(what, sum, schemaCostMax));
  }
}

const tooMuch = (what: string, cost: number, most: number): string =>
  `${what} exceeds budget by factor of ${factorText(cost / most)} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;

function factorText(factor: number): string {
  if (factor > 100) return "more than 100x";
  return factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
}
