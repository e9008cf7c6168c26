/** upstream: pkg/apis/batch/validation/validation.go#ValidateJobSpecUpdate */
import { immutable, immutableFields } from "#api/field-rules.ts";
import type { Container } from "#api/core/container.ts";
import type { PodSpec, PodTemplateSpec } from "#api/core/pod-spec.ts";
import { isEnabled } from "#api/feature-gates.ts";
import { type FieldError, invalid } from "#schema/field-error.ts";
import type { JobSpec, JobStatus } from "./job.ts";

interface Job {
  readonly spec: JobSpec;
  readonly status: JobStatus;
}

const immutableParts = [
  "completionMode",
  "podFailurePolicy",
  "backoffLimitPerIndex",
  "managedBy",
  "successPolicy",
] as const;

export function* validJobUpdate({ spec }: Job, old: Job): Iterable<FieldError> {
  yield* validCompletions(spec, old.spec);
  yield* immutable("spec.selector", spec.selector, old.spec.selector);
  yield* validTemplate(spec.template, old);
  yield* immutableFields("spec", { value: spec, old: old.spec }, immutableParts);
}

/** An indexed job may be given more or fewer indexes, and works on all of them at once then. */
function* validCompletions(spec: JobSpec, old: JobSpec): Iterable<FieldError> {
  const { completions, completionMode, parallelism } = spec;
  const path = "spec.completions";
  if (completionMode !== "Indexed") yield* immutable(path, completions, old.completions);
  else if (completions !== undefined && completions !== old.completions) {
    if (completions === parallelism) return;
    yield invalid(path, completions, "can only be modified in tandem with spec.parallelism");
  }
}

/** While a job waits to begin, others may still decide where its pods go and what they get. */
function* validTemplate(template: PodTemplateSpec, old: Job): Iterable<FieldError> {
  const isSuspended = old.spec.suspend === true;
  const hasStarted = old.status.startTime !== undefined;
  const before = old.spec.template;
  const allowed = isSuspended && !hasStarted ? withDirectives(before, template) : before;
  if (isSuspended && isEnabled("MutablePodResourcesForSuspendedJobs")) {
    const spec = withResources(allowed.spec, template.spec);
    yield* immutable("spec.template.spec", template.spec, spec);
  } else {
    yield* immutable("spec.template", template, allowed);
  }
}

/** `old`, with all that says where pods go taken from `now`. */
function withDirectives(old: PodTemplateSpec, now: PodTemplateSpec): PodTemplateSpec {
  const { nodeSelector, tolerations, schedulingGates } = now.spec;
  return {
    metadata: {
      ...old.metadata,
      annotations: now.metadata.annotations,
      labels: now.metadata.labels,
    },
    spec: {
      ...old.spec,
      affinity: affinityOf(old, now),
      nodeSelector,
      tolerations,
      schedulingGates,
    },
  };
}

/** Only that to nodes may change. */
function affinityOf(old: PodTemplateSpec, now: PodTemplateSpec): PodSpec["affinity"] {
  const nodeAffinity = now.spec.affinity?.nodeAffinity;
  const affinity = { ...old.spec.affinity, nodeAffinity };
  const isEmpty = Object.values(affinity).every((part) => part === undefined);
  return isEmpty && !now.spec.affinity ? undefined : affinity;
}

function withResources(old: PodSpec, now: PodSpec): PodSpec {
  return {
    ...old,
    containers: sameButResources(old.containers, now.containers) ?? [],
    initContainers: sameButResources(old.initContainers, now.initContainers),
  };
}

function sameButResources(
  old: readonly Container[] | undefined,
  now: readonly Container[] | undefined,
): readonly Container[] | undefined {
  if (old?.length !== now?.length) return old;
  return old?.map((container, i) => {
    const other = now?.[i];
    return other?.name === container.name
      ? { ...container, resources: other.resources }
      : container;
  });
}
