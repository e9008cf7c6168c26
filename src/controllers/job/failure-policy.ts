/**
 * Which failures of pods count, which are ignored, and which end the job or an index.
 * upstream: pkg/controller/job/pod_failure_policy.go#matchPodFailurePolicy
 */
import type {
  Job,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
} from "#api/batch/job.ts";
import type { ContainerStatus } from "#api/core/pod-status.ts";
import type { Pod } from "#api/core/pod.ts";

export interface Verdict {
  /** Of the first rule that fits; none does when absent, and the failure counts. */
  readonly action?: PodFailurePolicyRule["action"];
  /** Why the job fails, when it does. */
  readonly message?: string;
}

const countsAsUsual: Verdict = {};

export function verdictOn(pod: Pod, { spec: { podFailurePolicy } }: Job): Verdict {
  for (const [i, rule] of podFailurePolicy?.rules.entries() ?? []) {
    const what = whatFits(pod, rule);
    if (what === undefined) continue;
    const { action } = rule;
    return { action, message: `${what} matching ${action} rule at index ${i}` };
  }
  return countsAsUsual;
}

export const isIgnored = (pod: Pod, job: Job): boolean => verdictOn(pod, job).action === "Ignore";

/** What about the pod the rule is about. */
// exact: kube-controller-manager
function whatFits(pod: Pod, { onExitCodes, onPodConditions }: PodFailurePolicyRule) {
  const { namespace, name } = pod.metadata;
  if (onExitCodes) {
    const container = failedContainer(pod, onExitCodes);
    const code = container?.state.terminated?.exitCode;
    return (
      container &&
      `Container ${container.name} for pod ${namespace}/${name} failed with exit code ${code}`
    );
  }
  const type = fittingCondition(pod, onPodConditions ?? []);
  return type && `Pod ${namespace}/${name} has condition ${type}`;
}

function failedContainer(
  { status }: Pod,
  { containerName, operator, values }: PodFailurePolicyOnExitCodesRequirement,
): ContainerStatus | undefined {
  const fits = ({ name, state: { terminated } }: ContainerStatus): boolean =>
    terminated !== undefined &&
    terminated.exitCode !== 0 &&
    (containerName === undefined || containerName === name) &&
    values.includes(terminated.exitCode) === (operator === "In");
  return status.containerStatuses?.find(fits) ?? status.initContainerStatuses?.find(fits);
}

const fittingCondition = (
  { status }: Pod,
  patterns: readonly PodFailurePolicyOnPodConditionsPattern[],
): string | undefined =>
  status.conditions?.find((condition) =>
    patterns.some(({ type, status: is }) => condition.type === type && condition.status === is),
  )?.type;
