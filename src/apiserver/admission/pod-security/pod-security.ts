/**
 * Holds pods to the Pod Security Standard that the labels of their namespace ask for; warns where
 * only a warning is asked for, and about templates whose pods would be refused.
 * upstream: staging/src/k8s.io/pod-security-admission/admission/admission.go
 */
import { DaemonSet } from "#api/apps/daemonset.ts";
import { Deployment } from "#api/apps/deployment.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { StatefulSet } from "#api/apps/statefulset.ts";
import { CronJob } from "#api/batch/cronjob.ts";
import { Job } from "#api/batch/job.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Pod } from "#api/core/pod.ts";
import type { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { PodTemplate } from "#api/core/podtemplate.ts";
import { ReplicationController } from "#api/core/replicationcontroller.ts";
import type { ApiObject } from "#api/kind.ts";
import { equal } from "#schema/copy.ts";
import { type AdmissionRequest, defineAdmission, refused } from "../admission.ts";
import type { Checked } from "./check.ts";
import { labelProblems, type Mode, standardOf } from "./namespace-labels.ts";
import { detailsOf, isStricter, nameOf, type Standard, violations } from "./standards.ts";

export const podSecurity = defineAdmission<Pod>({
  name: "PodSecurity",
  on: [Pod],
  when: ["CREATE", "UPDATE"],
  subresources: ["ephemeralcontainers"],

  validate(pod, request) {
    const { old } = request;
    if (
      old &&
      equal(old.spec, pod.spec) &&
      equal(old.metadata.annotations, pod.metadata.annotations)
    )
      return;
    const enforced = standardFor(request, "enforce");
    const found = violations(enforced, pod);
    if (found.length > 0)
      throw refused(request, `violates PodSecurity ${nameOf(enforced)}: ${detailsOf(found)}`);
    warn(pod, request);
  },
});

const standardFor = <T extends ApiObject>(
  { reader, namespace }: AdmissionRequest<T>,
  mode: Mode,
): Standard => standardOf(reader.get(Namespace, "", namespace)?.object.metadata.labels, mode);

function warn<T extends ApiObject>(pod: Checked, request: AdmissionRequest<T>): void {
  const standard = standardFor(request, "warn");
  const found = violations(standard, pod);
  if (found.length > 0)
    request.warn(`would violate PodSecurity ${nameOf(standard)}: ${detailsOf(found)}`);
}

interface WithTemplate extends ApiObject {
  readonly template?: PodTemplateSpec;
  readonly spec?: {
    readonly template?: PodTemplateSpec;
    readonly jobTemplate?: { readonly spec: { readonly template: PodTemplateSpec } };
  };
}

export const podTemplateSecurity = defineAdmission<WithTemplate>({
  name: "PodSecurity",
  on: [
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    PodTemplate,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
  ],
  when: ["CREATE", "UPDATE"],

  validate({ template, spec }, request) {
    const made = template ?? spec?.template ?? spec?.jobTemplate?.spec.template;
    if (made) warn(made, request);
  },
});

/** More than anybody reads. */
const podsMax = 3_000;

export const namespaceSecurity = defineAdmission<Namespace>({
  name: "PodSecurity",
  on: [Namespace],
  when: ["CREATE", "UPDATE"],

  *validate({ metadata }, request) {
    yield* labelProblems(metadata.labels);
    const { old } = request;
    if (!old) return;
    const wanted = standardOf(metadata.labels, "enforce");
    if (isStricter(wanted, standardOf(old.metadata.labels, "enforce")))
      warnOfExisting(wanted, request);
  },
});

/** Running pods stay; what is wrong with them is told, once for all with the same faults. */
function warnOfExisting(
  standard: Standard,
  { reader, name, warn: say }: AdmissionRequest<Namespace>,
) {
  const byFault = new Map<string, string[]>();
  for (const { object: pod } of reader.list(Pod, name).slice(0, podsMax)) {
    const faults = violations(standard, pod)
      .map(({ reason }) => reason)
      .join(", ");
    const names = byFault.get(faults) ?? [];
    if (faults !== "") byFault.set(faults, [...names, pod.metadata.name ?? ""]);
  }
  if (byFault.size === 0) return;
  say(
    `existing pods in namespace ${JSON.stringify(name)} violate the new PodSecurity enforce level ${nameOf(standard)}`,
  );
  for (const [faults, [first = "", ...others]] of byFault) {
    const more = others.length === 1 ? "1 other pod" : `${others.length} other pods`;
    say(`${first}${others.length === 0 ? "" : ` (and ${more})`}: ${faults}`);
  }
}
