/** What requests, classes, slices and allocations say of devices in the same words. */
import { byteLength, invalidEach, labelKey, labelValue } from "#api/names.ts";
import {
  child,
  duplicate,
  type FieldError,
  index,
  invalid,
  required,
  tooLong,
} from "#schema/field-error.ts";
import type { DeviceConfiguration, DeviceSelector, DeviceToleration } from "./device.ts";
import { checkedList } from "./list-rules.ts";
import { validDriverName } from "./name-rules.ts";

const expressionMax = 10 * 1024;

/** Whether the expression can be compiled is not checked here. */
export function* validSelector({ cel }: DeviceSelector, at: string): Iterable<FieldError> {
  const path = child(at, "cel");
  if (!cel) yield required(path);
  else if (byteLength(cel.expression) > expressionMax) {
    yield tooLong(child(path, "expression"), expressionMax);
  } else if (cel.expression === "") {
    yield required(child(path, "expression"));
  }
}

export function* validConfiguration(
  { opaque }: DeviceConfiguration,
  at: string,
): Iterable<FieldError> {
  const path = child(at, "opaque");
  if (!opaque) {
    yield required(path);
    return;
  }
  yield* validDriverName(opaque.driver, child(path, "driver"));
  yield* validRaw(opaque.parameters, child(path, "parameters"));
}

const rawMax = 10 * 1024;

/** JSON that only the driver understands. */
export function* validRaw(raw: unknown, at: string): Iterable<FieldError> {
  if (raw === null || raw === undefined) yield required(at);
  else if (byteLength(JSON.stringify(raw)) > rawMax) yield tooLong(at, rawMax);
  else if (typeof raw !== "object" || Array.isArray(raw)) {
    yield invalid(at, "<value omitted>", "must be a valid JSON object");
  }
}

export function* validToleration(
  { key = "", operator, value = "" }: DeviceToleration,
  at: string,
): Iterable<FieldError> {
  if (key !== "") yield* invalidEach(child(at, "key"), key, labelKey(key));
  const path = child(at, "value");
  if (operator === "Exists" && value !== "") {
    yield invalid(path, value, "must be empty for operator `Exists`");
  }
  if (operator === "Equal") yield* invalidEach(path, value, labelValue(value));
}

interface Binding {
  readonly bindingConditions?: readonly string[] | undefined;
  readonly bindingFailureConditions?: readonly string[] | undefined;
}

const conditionsMax = 4;

/** Conditions that a device must come to before its pod is bound: either sort needs the other. */
export function* validBinding(
  { bindingConditions: ready = [], bindingFailureConditions: failed = [] }: Binding,
  at: string,
): Iterable<FieldError> {
  const readyPath = child(at, "bindingConditions");
  const failedPath = child(at, "bindingFailureConditions");
  const rules = { max: conditionsMax, check: validConditionName };
  yield* checkedList(ready, readyPath, rules);
  yield* checkedList(failed, failedPath, rules);
  yield* noneTwice(ready, readyPath);
  yield* noneTwice(failed, failedPath);
  for (const [i, condition] of failed.entries()) {
    if (!ready.includes(condition)) continue;
    const why = "bindingFailureConditions must not overlap with bindingConditions";
    yield invalid(index(failedPath, i), condition, why);
  }
  if (ready.length === 0 && failed.length > 0) {
    const why = "bindingConditions are required to use bindingFailureConditions";
    yield invalid(readyPath, ready, why);
  }
  if (failed.length === 0 && ready.length > 0) {
    const why = "bindingFailureConditions are required to use bindingConditions";
    yield invalid(failedPath, failed, why);
  }
}

const validConditionName = (name: string, at: string): Iterable<FieldError> =>
  invalidEach(at, name, labelKey(name));

function* noneTwice(names: readonly string[], at: string): Iterable<FieldError> {
  for (const [i, name] of names.entries()) {
    if (names.indexOf(name) < i) yield duplicate(index(at, i), name);
  }
}
