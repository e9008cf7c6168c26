/** Where amounts are outside of one item of a LimitRange. exact: apiserver, all texts. */
import type { LimitRangeItem } from "#api/core/limitrange.ts";
import { type Amounts, amountsOf } from "#api/core/resources.ts";
import type { Quantity } from "#base/quantity.ts";

export function* limitProblems(
  item: LimitRangeItem,
  requests: Amounts,
  limits: Amounts,
): Iterable<string> {
  for (const [name, bound] of sorted(item.min))
    yield* tooSmall({ item, name, bound }, requests, limits);
  for (const [name, bound] of sorted(item.max))
    yield* tooBig({ item, name, bound }, requests, limits);
  for (const [name, bound] of sorted(item.maxLimitRequestRatio))
    yield* tooUnequal({ item, name, bound }, requests.get(name), limits.get(name));
}

/** Claims have requests only. */
export function* claimProblems(item: LimitRangeItem, requests: Amounts): Iterable<string> {
  for (const [name, bound] of sorted(item.min))
    yield* tooSmall({ item, name, bound }, requests, none);
  for (const [name, bound] of sorted(item.max)) {
    const text = `maximum ${name} usage per ${item.type} is ${bound.format()}`;
    const request = requests.get(name);
    if (!request) yield `${text}.  No request is specified`;
    else if (request.compare(bound) > 0) yield `${text}, but request is ${request.format()}`;
  }
}

const none: Amounts = new Map();

const sorted = (list: LimitRangeItem["min"]): readonly (readonly [string, Quantity])[] =>
  [...amountsOf(list)].sort(([a], [b]) => (a < b ? -1 : 1));

interface Bound {
  readonly item: LimitRangeItem;
  readonly name: string;
  readonly bound: Quantity;
}

function* tooSmall(
  { item, name, bound }: Bound,
  requests: Amounts,
  limits: Amounts,
): Iterable<string> {
  const text = `minimum ${name} usage per ${item.type} is ${bound.format()}`;
  const [request, limit] = [requests.get(name), limits.get(name)];
  if (!request) yield `${text}.  No request is specified`;
  else if (request.compare(bound) < 0) yield `${text}, but request is ${request.format()}`;
  else if (limit && limit.compare(bound) < 0) yield `${text}, but limit is ${limit.format()}`;
}

function* tooBig(
  { item, name, bound }: Bound,
  requests: Amounts,
  limits: Amounts,
): Iterable<string> {
  const text = `maximum ${name} usage per ${item.type} is ${bound.format()}`;
  const [request, limit] = [requests.get(name), limits.get(name)];
  if (!limit) yield `${text}.  No limit is specified`;
  else if (limit.compare(bound) > 0) yield `${text}, but limit is ${limit.format()}`;
  else if (request && request.compare(bound) > 0)
    yield `${text}, but request is ${request.format()}`;
}

function* tooUnequal(
  { item, name, bound }: Bound,
  request: Quantity | undefined,
  limit: Quantity | undefined,
): Iterable<string> {
  const text = `${name} max limit to request ratio per ${item.type} is ${bound.format()}`;
  if (!request || request.isZero()) yield `${text}, but no request is specified or request is 0`;
  else if (!limit || limit.isZero()) yield `${text}, but no limit is specified or limit is 0`;
  else {
    const ratio = limit.approximate() / request.approximate();
    if (ratio > bound.approximate()) yield `${text}, but provided ratio is ${ratio.toFixed(6)}`;
  }
}
