/** upstream: pkg/apis/batch/validation/validation.go#ValidateJob */
import { validLabelSelector } from "#api/field-rules.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import { dnsLabel } from "#api/names.ts";
import { selectsTemplate } from "#api/workload-rules.ts";
import { type FieldError, invalid, required } from "#schema/field-error.ts";
import { validGeneratedSelector } from "./job-labels.ts";
import type { JobSpec } from "./job.ts";

interface Job {
  readonly metadata: ObjectMeta;
  readonly spec: JobSpec;
}

export function* validJob(job: Job): Iterable<FieldError> {
  const { metadata, spec } = job;
  yield* validGeneratedSelector(job);
  if (spec.selector) yield* validLabelSelector("spec.selector", spec.selector);
  else yield required("spec.selector");
  yield* selectsTemplate(spec.selector, spec.template, "spec.template");
  yield* fitsHostnames(metadata.name ?? "", spec);
}

/** Pods with an index have it at the end of their host name. */
function* fitsHostnames(
  name: string,
  { completionMode, completions = 0 }: JobSpec,
): Iterable<FieldError> {
  if (completionMode !== "Indexed" || completions <= 0) return;
  const longest = `${name}-${completions - 1}`;
  if (dnsLabel(longest).length === 0) return;
  const why = `will not able to create pod with invalid DNS label: ${longest}`;
  yield invalid("metadata.name", name, why);
}
