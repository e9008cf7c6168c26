/** The parts of a pod, named apart from the kind, so that its rules can stand in files of their own. */
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { PodStatus } from "./pod-status.ts";

export interface PodParts {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
  readonly status: PodStatus;
}
