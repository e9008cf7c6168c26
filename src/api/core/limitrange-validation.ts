/** Rules for limit ranges. upstream: pkg/apis/core/validation/validation.go#ValidateLimitRange */
import { type Quantity, quantityOf } from "#base/quantity.ts";
import { invalidEach, labelKey } from "#api/names.ts";
import { duplicate, type FieldError, forbidden, invalid, required } from "#schema/field-error.ts";
import type { LimitRangeItem, LimitRangeSpec } from "./limitrange.ts";
import { isOvercommitAllowed } from "./resource-names.ts";
import { containerResourceName, invalidQuantity, resourceName } from "./resource-validation.ts";

export function* validateLimitRange({
  spec,
}: {
  readonly spec: LimitRangeSpec;
}): Iterable<FieldError> {
  const types = new Set<string>();
  for (const [i, item] of spec.limits.entries()) {
    const at = `spec.limits[${i}]`;
    yield* validateType(item.type, `${at}.type`);
    if (types.has(item.type)) yield duplicate(`${at}.type`, item.type);
    types.add(item.type);
    yield* validateItem(item, at);
  }
}

const standardTypes: ReadonlySet<string> = new Set(["Pod", "Container", "PersistentVolumeClaim"]);

function* validateType(type: string, path: string): Iterable<FieldError> {
  const problems = labelKey(type);
  yield* invalidEach(path, type, problems);
  if (problems.length === 0 && !type.includes("/") && !standardTypes.has(type)) {
    yield invalid(path, type, "must be a standard limit type or fully qualified");
  }
}

const lists = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;

function* validateItem(item: LimitRangeItem, at: string): Iterable<FieldError> {
  for (const list of lists) yield* validateNames(item, list, `${at}.${list}`);
  const hasStorage = item.min?.["storage"] ?? item.max?.["storage"];
  if (item.type === "PersistentVolumeClaim" && hasStorage === undefined) {
    const hint = "either minimum or maximum storage value is required, but neither was provided";
    yield required(`${at}.limits`, hint);
  }
  const names = new Set(lists.flatMap((list) => Object.keys(item[list] ?? {})));
  for (const name of names) yield* validateOrder(item, name, at);
}

/** Whole pods have no defaults. */
function* validateNames(item: LimitRangeItem, list: ListName, at: string): Iterable<FieldError> {
  const isPod = item.type === "Pod";
  if (isPod && list.startsWith("default")) {
    if (item[list]) yield forbidden(at, "may not be specified when `type` is 'Pod'");
    return;
  }
  const rule = isPod || item.type === "Container" ? containerResourceName : resourceName;
  for (const name of Object.keys(item[list] ?? {})) {
    yield* invalidEach(`${at}[${name}]`, name, rule(name));
  }
}

type ListName = (typeof lists)[number];

interface Order {
  readonly less: ListName;
  readonly more: ListName;
  /** The list that the error is about, and the amount it shows. */
  readonly at: ListName;
  readonly shown: ListName;
  readonly words: readonly [less: string, more: string];
}

const orders: readonly Order[] = [
  { less: "min", more: "max", at: "min", shown: "min", words: ["min", "max"] },
  {
    less: "min",
    more: "defaultRequest",
    at: "defaultRequest",
    shown: "defaultRequest",
    words: ["min", "default request"],
  },
  {
    less: "defaultRequest",
    more: "max",
    at: "defaultRequest",
    shown: "defaultRequest",
    words: ["default request", "max"],
  },
  {
    less: "defaultRequest",
    more: "default",
    at: "defaultRequest",
    shown: "defaultRequest",
    words: ["default request", "default limit"],
  },
  { less: "min", more: "default", at: "default", shown: "min", words: ["min", "default"] },
  { less: "default", more: "max", at: "default", shown: "max", words: ["default", "max"] },
];

function* validateOrder(item: LimitRangeItem, name: string, at: string): Iterable<FieldError> {
  const amount = (list: ListName): Quantity | undefined => {
    const isPodDefault = item.type === "Pod" && list.startsWith("default");
    const text = isPodDefault ? undefined : item[list]?.[name];
    return text === undefined ? undefined : quantityOf(text);
  };
  for (const { less, more, at: field, shown, words } of orders) {
    const [low, high] = [amount(less), amount(more)];
    if (!low || !high || low.compare(high) <= 0) continue;
    const problem = `${words[0]} value ${low.format()} is greater than ${words[1]} value ${high.format()}`;
    yield invalidQuantity(`${at}.${field}[${name}]`, amount(shown) ?? low, problem);
  }
  yield* validateRatio(amount, `${at}.maxLimitRequestRatio[${name}]`);
  const [limit, request] = [amount("default"), amount("defaultRequest")];
  if (isOvercommitAllowed(name) || !limit || !request || limit.equals(request)) return;
  const problem = `default value ${limit.format()} must equal to defaultRequest value ${request.format()} in ${name}`;
  yield invalidQuantity(`${at}.defaultRequest[${name}]`, request, problem);
}

function* validateRatio(
  amount: (list: ListName) => Quantity | undefined,
  path: string,
): Iterable<FieldError> {
  const ratio = amount("maxLimitRequestRatio");
  if (!ratio) return;
  if (ratio.milliValue() < 1_000) {
    yield invalidQuantity(path, ratio, `ratio ${ratio.format()} is less than 1`);
  }
  const [min, max] = [amount("min"), amount("max")];
  if (!min || !max) return;
  const most = max.approximate() / min.approximate();
  if (ratio.approximate() <= most) return;
  const problem = `ratio ${ratio.format()} is greater than max/min = ${most.toFixed(6)}`;
  yield invalidQuantity(path, ratio, problem);
}
