/** Node affinity that stands outside of a pod, in a configuration file: read and checked as in one. */
import type { FieldError } from "#schema/field-error.ts";
import { DecodeError, decodeJson } from "#schema/json.ts";
import { validateStruct } from "#schema/validate.ts";
import { NodeAffinity } from "./affinity.ts";
import { validateNodeSelector, validatePreferredTerm } from "./node-selector-validation.ts";

export interface NodeAffinityRead {
  readonly value: NodeAffinity;
  /** Whatever is wrong, each with its path. */
  readonly problems: readonly string[];
}

export function readNodeAffinity(json: unknown, at: string): NodeAffinityRead {
  try {
    const { value, problems } = decodeJson(NodeAffinity, json, { defaults: true });
    const wrong = [...validateStruct(NodeAffinity, value, at), ...errorsIn(value, at)];
    const lines = wrong.map(({ path, message }) => `${path}: ${message}`);
    return { value, problems: [...problems, ...lines] };
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return { value: {}, problems: [cause.message] };
  }
}

function* errorsIn(affinity: NodeAffinity, at: string): Iterable<FieldError> {
  const required = affinity.requiredDuringSchedulingIgnoredDuringExecution;
  const preferred = affinity.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  if (required)
    yield* validateNodeSelector(required, `${at}.requiredDuringSchedulingIgnoredDuringExecution`);
  for (const [i, term] of preferred.entries())
    yield* validatePreferredTerm(
      term,
      `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`,
    );
}
