/** How a job tells its own pods from others: labels with its uid and its name. */
import type { Draft } from "#schema/struct.ts";
import { child, type FieldError, invalid, key, required } from "#schema/field-error.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { validLabelSelector } from "#api/field-rules.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { JobSpec } from "./job.ts";

export const jobNameLabel = "batch.kubernetes.io/job-name";
export const controllerUidLabel = "batch.kubernetes.io/controller-uid";
/** From before labels had prefixes; still there for those who look for them. */
const oldJobNameLabel = "job-name";
const oldControllerUidLabel = "controller-uid";

interface Owned {
  readonly metadata: ObjectMeta;
  readonly spec: JobSpec;
}

const labelsFor = ({ name = "", uid = "" }: ObjectMeta): { readonly [key: string]: string } => ({
  [oldJobNameLabel]: name,
  [jobNameLabel]: name,
  [oldControllerUidLabel]: uid,
  [controllerUidLabel]: uid,
});

/** Unless the user takes care of it. Labels that are there stay: validation tells if they are wrong. */
export function generateSelector({ metadata, spec }: Draft<Owned>): void {
  if (spec.manualSelector) return;
  const { template, selector } = spec;
  template.metadata.labels = { ...labelsFor(metadata), ...template.metadata.labels };
  spec.selector = {
    ...selector,
    matchLabels: { [controllerUidLabel]: metadata.uid ?? "", ...selector?.matchLabels },
  };
}

/** upstream: pkg/apis/batch/validation/validation.go#validateGeneratedSelector */
export function* validGeneratedSelector({ metadata, spec }: Owned): Iterable<FieldError> {
  const { manualSelector, selector, template } = spec;
  if (manualSelector || !selector) return;
  if (!metadata.uid) yield required("metadata.uid");
  const expected = labelsFor(metadata);
  const { labels } = template.metadata;
  for (const name of [oldControllerUidLabel, oldJobNameLabel, controllerUidLabel, jobNameLabel]) {
    const path = key("spec.template.metadata.labels", name);
    const why = `must be '${expected[name]}'`;
    if (labels?.[name] === undefined) yield required(path, why);
    else if (labels[name] !== expected[name]) yield invalid(path, labels, why);
  }
  if ([...validLabelSelector("", selector)].length > 0) return;
  if (!labelSelectorOf(selector).matches(expected)) {
    yield invalid(child("spec", "selector"), selector, "`selector` not auto-generated");
  }
}
