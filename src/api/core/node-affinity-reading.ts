/** Node affinity that stands outside of a pod, in a configuration file: read and checked as in one. */
import type { FieldError } from "#schema/field-error.ts";
import { DecodeError, decodeJson } from "#schema/json.ts";
import { validateStruct } from "#schema/validate.ts";
import { NodeAffinity } from "./affinity.ts";
import { validateNodeSelector, validatePreferredTerm } from "./node-selector-validation.ts";

export interface NodeAffinityRead {
  readonly value: NodeAffinity;
  /** Whatever is wrong; the path of the affinity as a whole is empty. */
  readonly problems: readonly FieldProblem[];
}

export type FieldProblem = Pick<FieldError, "path" | "message">;

export function readNodeAffinity(json: unknown): NodeAffinityRead {
  try {
    const { value, problems } = decodeJson(NodeAffinity, json, { defaults: true });
    const wrong = [...validateStruct(NodeAffinity, value, ""), ...errorsIn(value)];
    // The schema and the rules may find the same.
    const once = new Map(wrong.map((error) => [`${error.path}: ${error.message}`, error]));
    return { value, problems: [...problems.map(asProblem), ...once.values()] };
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return { value: {}, problems: [asProblem(cause.message)] };
  }
}

const asProblem = (message: string): FieldProblem => ({ path: "", message });

function* errorsIn(affinity: NodeAffinity): Iterable<FieldError> {
  const required = affinity.requiredDuringSchedulingIgnoredDuringExecution;
  const preferred = affinity.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  if (required)
    yield* validateNodeSelector(required, "requiredDuringSchedulingIgnoredDuringExecution");
  for (const [i, term] of preferred.entries())
    yield* validatePreferredTerm(term, `preferredDuringSchedulingIgnoredDuringExecution[${i}]`);
}
