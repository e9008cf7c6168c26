/** Rules for bindings. upstream: pkg/apis/core/validation/validation.go#ValidatePodBinding */
import { type FieldError, notListed, required } from "#schema/field-error.ts";
import type { ObjectReference } from "./references.ts";

export function* validateBinding({
  target,
}: {
  readonly target: ObjectReference;
}): Iterable<FieldError> {
  if (target.kind && target.kind !== "Node") {
    yield notListed("target.kind", target.kind, ["Node", "<empty>"]);
  }
  if (!target.name) yield required("target.name");
}
