/**
 * What the metrics of an autoscaler recommend together: the one that asks for the most decides. One
 * that fails does not keep the others from scaling up, but nothing is taken away without it.
 * upstream: pkg/controller/podautoscaler/horizontal.go#computeReplicasForMetrics
 */
import type { HorizontalPodAutoscaler } from "#api/autoscaling/horizontalpodautoscaler.ts";
import type { MetricSpec, MetricStatus } from "#api/autoscaling/metrics.ts";
import type { HPAScalingRules } from "#api/autoscaling/scaling-behavior.ts";
import type { Scale } from "#api/autoscaling/scale.ts";
import { Pod } from "#api/core/pod.ts";
import { type LabelMatcher, parseLabelSelector } from "#api/selectors.ts";
import { quantityOf } from "#base/quantity.ts";
import { type Key, keyOf, type View } from "../runtime/controller.ts";
import type { Steps } from "../runtime/steps.ts";
import type { Tolerance } from "./calculator.ts";
import type { Findings } from "./findings.ts";
import type { Memory } from "./memory.ts";
import { actionFrom, countComputation, troubleOf } from "./metrics.ts";
import { failingOf, type Proposal, propose, type Setting } from "./proposal.ts";

export interface Asked {
  readonly hpa: HorizontalPodAutoscaler;
  readonly view: View;
  readonly memory: Memory;
}

export interface Recommended {
  /** Absent when nothing can be said. */
  readonly replicas?: number;
  readonly metric?: string;
  readonly statuses: readonly MetricStatus[];
}

export function* recommend(scale: Scale, asked: Asked, findings: Findings): Steps<Recommended> {
  const { hpa, view } = asked;
  const selected = selectedBy(scale, asked, findings);
  if (!selected) return { statuses: [] };
  const setting: Setting = {
    namespace: hpa.metadata.namespace ?? "",
    selector: scale.status.selector ?? "",
    pods: selected,
    replicas: scale.spec.replicas ?? 0,
    statusReplicas: scale.status.replicas,
    tolerance: toleranceOf(hpa),
    now: view.now,
  };
  const { metrics = [] } = hpa.spec;
  const results: Result[] = [];
  for (const metric of metrics) results.push(yield* tried(metric, setting, findings));
  return decided(results, setting.replicas, findings);
}

type Result = Proposal | Failure;

interface Failure {
  readonly reason: string;
  /** What is wrong with this metric. */
  readonly problem: string;
  /** The same, where it is told of all metrics together. */
  readonly error: string;
}

function* tried(
  metric: MetricSpec,
  setting: Setting,
  findings: Findings,
): Steps<Proposal | Failure> {
  try {
    const proposal = yield* propose(metric, setting);
    yield* countComputation(metric.type, actionFrom(setting.replicas, proposal.replicas), "none");
    return proposal;
  } catch (cause) {
    const { message: problem } = cause as Error;
    const { reason, prefix } = failingOf(metric);
    findings.tell("Warning", { reason, message: problem });
    yield* countComputation(metric.type, "none", troubleOf(reason));
    return { reason, problem, error: prefix ? `${prefix}: ${problem}` : problem };
  }
}

const isProposal = (result: Result): result is Proposal => "replicas" in result;

/** Clients tell which metric a status belongs to by its place. */
const unknownStatus: MetricStatus = { type: "" };

function decided(results: readonly Result[], current: number, findings: Findings): Recommended {
  const statuses = results.map((result) => (isProposal(result) ? result.status : unknownStatus));
  const failures = results.filter((result): result is Failure => !isProposal(result));
  const most = results
    .filter(isProposal)
    .reduce<Proposal | undefined>(
      (best, proposal) => (best && best.replicas >= proposal.replicas ? best : proposal),
      undefined,
    );
  const [first] = failures;
  const isTooLittle = first !== undefined && (!most || most.replicas < current);
  if (!most || isTooLittle) {
    const count = `${failures.length} invalid out of ${results.length}`;
    if (first) tellFailure(first, count, findings);
    return { statuses };
  }
  findings.set("ScalingActive", true, {
    reason: "ValidMetricFound",
    message: `the HPA was able to successfully calculate a replica count from ${most.name}`,
  });
  return { replicas: most.replicas, metric: most.name, statuses };
}

function tellFailure({ reason, problem, error }: Failure, count: string, findings: Findings): void {
  findings.set("ScalingActive", false, {
    reason,
    message: `the HPA was unable to compute the replica count: ${problem}`,
  });
  findings.tell("Warning", {
    reason: "FailedComputeMetricsReplicas",
    message: `invalid metrics (${count}), first error is: ${error}`,
  });
}

const toleranceDefault = 0.1;

function toleranceOf({ spec: { behavior } }: HorizontalPodAutoscaler): Tolerance {
  const of = (rules: HPAScalingRules | undefined): number =>
    rules?.tolerance === undefined ? toleranceDefault : quantityOf(rules.tolerance).approximate();
  return { up: of(behavior?.scaleUp), down: of(behavior?.scaleDown) };
}

/** The pods that are scaled; nothing when they cannot be told. upstream: validateAndParseSelector */
function selectedBy(scale: Scale, asked: Asked, findings: Findings): readonly Pod[] | undefined {
  const { hpa, view, memory } = asked;
  const refuse = (reason: string, message: string, told = message): undefined => {
    findings.tell("Warning", { reason: told === message ? reason : "SelectorRequired", message });
    const condition = { reason, message: told };
    findings.set("ScalingActive", false, condition);
    findings.tell("Warning", { reason: "FailedComputeMetricsReplicas", message });
  };
  const text = scale.status.selector ?? "";
  if (text === "") {
    const told = "the HPA target's scale is missing a selector";
    return refuse("InvalidSelector", "selector is required", told);
  }
  const selector = parsed(text);
  if (selector instanceof Error) {
    const what = "couldn't convert selector into a corresponding internal selector object";
    return refuse("InvalidSelector", `${what}: ${selector.message}`);
  }
  memory.selects(keyOf(hpa), selector);
  const namespace = hpa.metadata.namespace ?? "";
  const pods = view
    .list(Pod, namespace)
    .filter(({ metadata }) => selector.matches(metadata.labels));
  const rivals = autoscalersOf(pods, memory, namespace);
  if (rivals.length > 1) {
    const keys = rivals.toSorted().join(" ");
    const what = `pods by selector ${text} are controlled by multiple HPAs: [${keys}]`;
    return refuse("AmbiguousSelector", what);
  }
  return pods;
}

const autoscalersOf = (pods: readonly Pod[], memory: Memory, namespace: string): readonly Key[] =>
  memory
    .selectorsIn(namespace)
    .filter(([, { matches }]) => pods.some(({ metadata }) => matches(metadata.labels)))
    .map(([key]) => key);

function parsed(text: string): LabelMatcher | Error {
  try {
    return parseLabelSelector(text);
  } catch (cause) {
    return cause as Error;
  }
}
