/** What the parts of a pod's spec have in common. */
import { Pod } from "#api/core/pod.ts";
import { equal } from "#schema/copy.ts";
import type { FieldError } from "#schema/field-error.ts";
import type { Draft } from "#schema/struct.ts";
import { validateStruct } from "#schema/validate.ts";

/** A changed spec is a new generation. */
export function countGeneration(draft: Draft<Pod>, { metadata, spec }: Pod): void {
  const before = metadata.generation ?? 0;
  draft.metadata.generation = equal(draft.spec, spec) ? before : before + 1;
}

/** What is wrong with it as any pod. */
export const podErrors = (pod: Pod): readonly FieldError[] => [
  ...validateStruct(Pod.schema, pod),
  ...(Pod.validate?.(pod) ?? []),
];
