import { isEmptySelector, validLabelSelector } from "#api/field-rules.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import { child, type FieldError, invalid, required } from "#schema/field-error.ts";

interface Words {
  /** As messages call it. */
  readonly kind: string;
  /** What is said once more of a selector in which something is wrong. */
  readonly whenInvalid: string;
}

/** A selector that must be there, and must not select every pod there is. */
export function* selectsSome(
  selector: LabelSelector | null,
  at: string,
  { kind, whenInvalid }: Words,
): Iterable<FieldError> {
  const path = child(at, "selector");
  if (!selector) {
    yield required(path);
    return;
  }
  const problems = [...validLabelSelector(path, selector)];
  yield* problems;
  yield* notEverything(selector, at, kind);
  if (problems.length > 0) yield invalid(path, selector, whenInvalid);
}

export function* notEverything(
  selector: LabelSelector,
  at: string,
  kind: string,
): Iterable<FieldError> {
  if (!isEmptySelector(selector)) return;
  yield invalid(child(at, "selector"), selector, `empty selector is invalid for ${kind}`);
}
