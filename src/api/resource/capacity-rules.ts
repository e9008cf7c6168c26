/** Capacity of a device that several claims may share, each taking some of it. */
import { type Quantity, quantityOf } from "#base/quantity.ts";
import {
  child,
  type FieldError,
  forbidden,
  index,
  invalid,
  required,
} from "#schema/field-error.ts";
import { checkedSet } from "./list-rules.ts";
import type {
  CapacityRequestPolicy,
  CapacityRequestPolicyRange,
  DeviceCapacity,
} from "./resourceslice.ts";

const valuesMax = 10;

export function* validCapacity(
  { value, requestPolicy: policy }: DeviceCapacity,
  at: string,
  isShared: boolean,
): Iterable<FieldError> {
  if (!policy) return;
  const path = child(at, "requestPolicy");
  if (!isShared) {
    yield forbidden(path, "allowMultipleAllocations must be true");
  } else if (policy.validValues?.length && policy.validRange) {
    const why =
      'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time';
    yield forbidden(path, why);
  } else yield* validPolicy(policy, path, quantityOf(value));
}

function* validPolicy(
  { default: taken, validValues = [], validRange }: CapacityRequestPolicy,
  at: string,
  capacity: Quantity,
): Iterable<FieldError> {
  const name = validValues.length > 0 ? "validValues" : "validRange";
  if (validValues.length === 0 && !validRange) return;
  if (taken === undefined || taken === null) {
    yield required(child(at, "default"), `required when ${name} is defined`);
    return;
  }
  const limits = { capacity, taken: quantityOf(taken) };
  if (validRange) yield* validSpan(validRange, child(at, name), limits);
  else yield* validChoice(validValues, child(at, name), limits);
}

interface Limits {
  readonly capacity: Quantity;
  /** By claims that do not say how much they want. */
  readonly taken: Quantity;
}

function* validChoice(
  values: readonly string[],
  at: string,
  { capacity, taken }: Limits,
): Iterable<FieldError> {
  const amounts = values.map(quantityOf);
  for (const [i, amount] of amounts.entries()) {
    const before = amounts[i - 1];
    if (!before || before.compare(amount) <= 0) continue;
    yield invalid(index(at, i), amount.format(), "values must be sorted in ascending order");
  }
  yield* checkedSet(amounts, at, {
    max: valuesMax,
    check: (amount, here) => notAbove(amount, here, { limit: capacity, what: "option" }),
    keyOf: (amount) => String(amount.value()),
  });
  if (!amounts.some((amount) => amount.compare(taken) === 0)) {
    yield invalid(at, taken.format(), "default value is not valid according to the requestPolicy");
  }
}

function* notAbove(
  amount: Quantity,
  at: string,
  { limit, what }: { readonly limit: Quantity; readonly what: string },
): Iterable<FieldError> {
  if (amount.compare(limit) <= 0) return;
  yield invalid(at, amount.format(), `${what} is larger than capacity value: ${limit.format()}`);
}

function* validSpan(
  { min, max, step }: CapacityRequestPolicyRange,
  at: string,
  { capacity, taken }: Limits,
): Iterable<FieldError> {
  const minPath = child(at, "min");
  if (min === undefined) {
    yield required(minPath, "required when validRange is defined");
    return;
  }
  const low = quantityOf(min);
  yield* notAbove(low, minPath, { limit: capacity, what: "min" });
  if (taken.compare(low) < 0) {
    yield invalid(minPath, taken.format(), `default is less than min: ${low.format()}`);
  }
  const high = max === undefined ? undefined : quantityOf(max);
  if (high) yield* validMax(high, child(at, "max"), { low, capacity, taken });
  if (step === undefined) return;
  const stepPath = child(at, "step");
  const size = quantityOf(step);
  const first = low.add(size);
  if (first.compare(capacity) > 0) {
    const why = `one step ${first.format()} is larger than capacity value: ${capacity.format()}`;
    yield invalid(stepPath, size.format(), why);
  }
  for (const amount of high ? [taken, high] : [taken]) {
    if ((amount.value() - low.value()) % size.value() === 0) continue;
    const why = `value is not a multiple of a given step (${size.format()}) from (${low.format()})`;
    yield invalid(stepPath, amount.format(), why);
  }
}

function* validMax(
  high: Quantity,
  at: string,
  { low, capacity, taken }: Limits & { readonly low: Quantity },
): Iterable<FieldError> {
  if (low.compare(high) > 0) {
    yield invalid(at, low.format(), `min is larger than max: ${high.format()}`);
  }
  yield* notAbove(high, at, { limit: capacity, what: "max" });
  if (taken.compare(high) > 0) {
    yield invalid(at, taken.format(), `default is more than max: ${high.format()}`);
  }
}
