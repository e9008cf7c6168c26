/**
 * Tells for each PodDisruptionBudget how many of its pods may be evicted now. The eviction API
 * takes from that, and notes whom it let go; here those are counted as gone until they are.
 * upstream: pkg/controller/disruption/disruption.go
 */
import { isPodReady, isPodTerminating } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import type { AnyKind } from "#api/kind.ts";
import { withCondition } from "#api/meta/conditions.ts";
import {
  PodDisruptionBudget,
  type PodDisruptionBudgetStatus,
} from "#api/policy/poddisruptionbudget.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { formatTime, minutes } from "#base/clock.ts";
import { isSame } from "#client/canonical.ts";
import { type Expectation, expectationOf, scaledKinds } from "./disruption/expected-pods.ts";
import { disruptionRules } from "./disruption/rules.ts";
import { selectorText } from "#api/meta/selector-text.ts";
import {
  type AnyController,
  defineController,
  keyOf,
  type View,
  watching,
} from "./runtime/controller.ts";
import { type Effect, note, setStatus, wakeIn, warn } from "./runtime/effects.ts";

/** Any kind may own pods: those that cannot be scaled are named as such. */
export const disruptionController = (kinds: readonly AnyKind[]): AnyController =>
  defineController({
    name: "disruption-controller",
    eventSource: "controllermanager",
    queue: "disruption",
    for: PodDisruptionBudget,
    watches: [watching(Pod, budgetsOf)],
    reads: scaledKinds,
    rules: disruptionRules,

    reconcile(budget, view) {
      const { namespace } = budget.metadata;
      const { matches } = labelSelectorOf(budget.spec.selector);
      const pods = view.list(Pod, namespace).filter(({ metadata }) => matches(metadata.labels));
      const expectation = expectationOf(budget, pods, { view, kinds });
      return expectation.problem === undefined
        ? report(budget, pods, expectation, view)
        : failSafe(budget, expectation.problem, view);
    },
  });

function* budgetsOf(pod: Pod, old: Pod | undefined, view: View): Iterable<string> {
  for (const budget of view.list(PodDisruptionBudget, pod.metadata.namespace)) {
    const { matches } = labelSelectorOf(budget.spec.selector);
    const concerns = matches(pod.metadata.labels) || (old && matches(old.metadata.labels));
    if (concerns) yield keyOf(budget);
  }
}

function report(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  ...[{ expected, desiredHealthy, unmanaged }, view]: readonly [Expectation, View]
): readonly Effect[] {
  const awaited = awaitedOf(budget, pods, view.now);
  const currentHealthy = pods.filter(
    (pod) => !isPodTerminating(pod) && isPodReady(pod) && !awaited.has(pod.metadata.name ?? ""),
  ).length;
  // A budget whose pods are only just coming must not let any go.
  const spare = expected > 0 ? Math.max(currentHealthy - desiredHealthy, 0) : 0;
  const status: PodDisruptionBudgetStatus = {
    observedGeneration: budget.metadata.generation,
    disruptedPods: awaited.size > 0 ? Object.fromEntries(awaited) : undefined,
    disruptionsAllowed: spare,
    currentHealthy,
    desiredHealthy,
    expectedPods: expected,
    conditions: withAllowed(budget, { spare, now: view.now }),
  };
  // What is odd is said again when something changed, not at every look.
  const isNews = !isSame(status, budget.status);
  return [
    ...(isNews ? remarks(budget, pods, unmanaged) : []),
    ...overdue(budget, pods, awaited),
    setStatus(PodDisruptionBudget, budget, status),
    ...[...awaited.values()].map((since) => wakeIn(goneBy(since) - view.now)).slice(0, 1),
  ];
}

// exact: kube-controller-manager
function remarks(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  unmanaged: readonly Pod[],
): readonly Effect[] {
  const text = `Pods selected by this PodDisruptionBudget (selector: ${selectorText(budget.spec.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
  return [
    ...(pods.length === 0 ? [note(budget, "NoPods", "No matching pods found")] : []),
    ...(unmanaged.length > 0 ? [warn(budget, "UnmanagedPods", text)] : []),
  ];
}

/** So long after its eviction was allowed a pod may still be seen without a deletion. */
const deletionMsMax = minutes(2);

const goneBy = (since: string): number => Date.parse(since) + deletionMsMax + 1;

/** Pods that were let go and are still to be seen going, the oldest first. */
function awaitedOf(
  { status: { disruptedPods = {} } }: PodDisruptionBudget,
  pods: readonly Pod[],
  now: number,
): ReadonlyMap<string, string> {
  const staying = new Set(
    pods.filter((pod) => !isPodTerminating(pod)).map(({ metadata }) => metadata.name ?? ""),
  );
  const awaited = Object.entries(disruptedPods)
    .filter(([name, since]) => staying.has(name) && goneBy(since) > now)
    .toSorted(([, a], [, b]) => goneBy(a) - goneBy(b));
  return new Map(awaited);
}

/** differs: upstream names the namespace where the name of the budget belongs. */
function overdue(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  awaited: ReadonlyMap<string, string>,
): readonly Effect[] {
  const { disruptedPods = {} } = budget.status;
  const text = `Pod was expected by PDB ${keyOf(budget)} to be deleted but it wasn't`;
  return pods
    .filter((pod) => !isPodTerminating(pod))
    .filter(
      ({ metadata: { name = "" } }) => Object.hasOwn(disruptedPods, name) && !awaited.has(name),
    )
    .map((pod) => warn(pod, "NotDeleted", text));
}

type Conditions = PodDisruptionBudgetStatus["conditions"];

function withAllowed(
  { metadata, status }: PodDisruptionBudget,
  { spare, now }: { readonly spare: number; readonly now: number },
): Conditions {
  return withCondition(status.conditions, {
    type: "DisruptionAllowed",
    status: spare > 0 ? "True" : "False",
    observedGeneration: metadata.generation,
    lastTransitionTime: formatTime(now),
    reason: spare > 0 ? "SufficientPods" : "InsufficientPods",
    message: "",
  });
}

/** Whoever cannot tell how many pods there should be must not let any of them go. */
function failSafe(budget: PodDisruptionBudget, problem: string, view: View): readonly Effect[] {
  // exact: kube-controller-manager
  const text = `Failed to calculate the number of expected pods: ${problem}`;
  const conditions = withCondition(budget.status.conditions, {
    type: "DisruptionAllowed",
    status: "False",
    observedGeneration: budget.status.observedGeneration,
    lastTransitionTime: formatTime(view.now),
    reason: "SyncFailed",
    message: problem,
  });
  const status = { ...budget.status, disruptionsAllowed: 0, conditions };
  const isTold = isSame(conditions, budget.status.conditions);
  return [
    ...(isTold ? [] : [warn(budget, "CalculateExpectedPodCountFailed", text)]),
    setStatus(PodDisruptionBudget, budget, status),
  ];
}
