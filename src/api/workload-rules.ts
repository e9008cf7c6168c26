/**
 * Rules that workloads share: what makes pods from a template must find them again.
 * upstream: pkg/apis/apps/validation, pkg/apis/batch/validation
 */
import { child, type FieldError, forbidden, invalid, notSupported } from "#schema/field-error.ts";
import { validLabelSelector } from "./field-rules.ts";
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

/** Says nothing of selectors that are wrong by themselves. */
export function* selectsTemplate(
  selector: LabelSelector | null | undefined,
  { metadata: { labels } }: Template,
  at: string,
): Iterable<FieldError> {
  if (!selector || [...validLabelSelector("", selector)].length > 0) return;
  if (labelSelectorOf(selector).matches(labels)) return;
  const path = child(at, "metadata.labels");
  yield invalid(path, labels ?? {}, "`selector` does not match template `labels`");
}

const restartPolicies = new Set(["Never", "OnFailure"]);

/** Pods of a workload that is never done are not done either. */
export function* runsForever(
  { spec: { restartPolicy = "", activeDeadlineSeconds } }: Template,
  at: string,
  kind: string,
): Iterable<FieldError> {
  if (restartPolicies.has(restartPolicy)) {
    yield notSupported(child(at, "spec.restartPolicy"), restartPolicy, ["Always"]);
  }
  if (activeDeadlineSeconds !== undefined) {
    const path = child(at, "spec.activeDeadlineSeconds");
    yield forbidden(path, `activeDeadlineSeconds in ${kind} is not Supported`);
  }
}
