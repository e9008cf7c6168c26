/**
 * Rules that workloads share: what makes pods from a template must find them again.
 * upstream: pkg/apis/apps/validation, pkg/apis/batch/validation
 */
import { child, type FieldError, forbidden, invalid, notSupported } from "#schema/field-error.ts";
import { notGreater, validLabelSelector } from "./field-rules.ts";
import type { LabelSelector } from "./meta/label-selector.ts";
import type { ObjectMeta } from "./meta/object-meta.ts";
import { labelSelectorOf } from "./selectors.ts";

interface Template {
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly restartPolicy?: string | undefined;
    readonly activeDeadlineSeconds?: number | undefined;
  };
}

/** Says nothing of selectors that are wrong by themselves; one that is absent selects nothing. */
export function* selectsTemplate(
  selector: LabelSelector | null | undefined,
  { metadata: { labels } }: Template,
  at: string,
): Iterable<FieldError> {
  if ([...validLabelSelector("", selector)].length > 0) return;
  if (labelSelectorOf(selector ?? undefined).matches(labels)) return;
  const path = child(at, "metadata.labels");
  yield invalid(path, labels ?? {}, "`selector` does not match template `labels`");
}

/** Pods of a workload that is never done are not done either. */
export function* runsForever(
  { spec: { restartPolicy = "", activeDeadlineSeconds } }: Template,
  at: string,
  kind: string,
): Iterable<FieldError> {
  if (restartPolicy !== "Always") {
    yield notSupported(child(at, "spec.restartPolicy"), restartPolicy, ["Always"]);
  }
  if (activeDeadlineSeconds !== undefined) {
    const path = child(at, "spec.activeDeadlineSeconds");
    yield forbidden(path, `activeDeadlineSeconds in ${kind} is not Supported`);
  }
}

interface ReplicaCounts {
  readonly replicas?: number | undefined;
  readonly readyReplicas?: number | undefined;
  readonly availableReplicas?: number | undefined;
}

/** Of its pods a workload counts no more than there are, and as available only those that are ready. */
export function* countsWithinReplicas<T extends ReplicaCounts>(
  status: T,
  names: readonly (keyof T & string)[],
  ready = "readyReplicas",
): Iterable<FieldError> {
  const why = "cannot be greater than status.replicas";
  yield* notGreater("status", status, { names, than: "replicas", why });
  yield* notGreater<ReplicaCounts>("status", status, {
    names: ["availableReplicas"],
    than: "readyReplicas",
    why: `cannot be greater than ${ready}`,
  });
}
