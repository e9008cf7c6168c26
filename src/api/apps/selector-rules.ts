import { isEmptySelector, validLabelSelector } from "#api/field-rules.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import { child, type FieldError, invalid, required } from "#schema/field-error.ts";

/** A selector that must be there, and must not select every pod there is. */
export function* selectsSome(
  selector: LabelSelector | null,
  at: string,
  kind: string,
): Iterable<FieldError> {
  const path = child(at, "selector");
  if (!selector) {
    yield required(path);
    return;
  }
  yield* validLabelSelector(path, selector);
  if (isEmptySelector(selector))
    yield invalid(path, selector, `empty selector is invalid for ${kind}`);
}
