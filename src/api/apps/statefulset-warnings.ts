/** What is accepted in stateful sets, but probably not meant. upstream: pkg/registry/apps/statefulset */
import { claimSpecWarnings } from "#api/core/persistentvolume-warnings.ts";
import { podTemplateWarnings } from "#api/core/pod-warnings.ts";
import { equal } from "#schema/copy.ts";
import { child, index } from "#schema/field-error.ts";
import type { StatefulSetSpec } from "./statefulset.ts";

export function* statefulSetWarnings(
  spec: StatefulSetSpec,
  old: StatefulSetSpec | undefined,
): Iterable<string> {
  if (equal(spec, old)) return;
  yield* podTemplateWarnings(spec.template, "spec.template");
  for (const [i, claim] of (spec.volumeClaimTemplates ?? []).entries()) {
    const path = index("spec.volumeClaimTemplates", i);
    yield* claimSpecWarnings(claim.spec, child(path, "spec"));
  }
  if ((spec.revisionHistoryLimit ?? 0) < 0) {
    yield "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended";
  }
}
