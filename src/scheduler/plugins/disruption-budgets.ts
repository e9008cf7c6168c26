/** Which of these pods their budgets can spare. upstream: preemption.go#filterPodsWithPDBViolation */
import { PodDisruptionBudget } from "#api/policy/poddisruptionbudget.ts";
import { type LabelMatcher, labelSelectorOf } from "#api/selectors.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

interface Budget {
  readonly budget: PodDisruptionBudget;
  readonly matcher: LabelMatcher;
}

/** As they are at one moment. */
export class DisruptionBudgets {
  readonly version: number;
  readonly #byNamespace: ReadonlyMap<string, readonly Budget[]>;

  constructor({ objects }: Snapshot) {
    this.version = objects.version(PodDisruptionBudget);
    const budgets = objects
      .list(PodDisruptionBudget)
      .map((budget) => ({ budget, matcher: labelSelectorOf(budget.spec.selector) }))
      // A selector that picks everything picks nothing here.
      .filter(({ matcher }) => !matcher.isNothing && !matcher.isEverything);
    this.#byNamespace = Map.groupBy(budgets, ({ budget }) => budget.metadata.namespace ?? "");
  }

  isCurrent({ objects }: Snapshot): boolean {
    return this.version === objects.version(PodDisruptionBudget);
  }

  /** Pods whose eviction would break a budget, when those before them in the list go too. */
  violatedBy(pods: readonly PodInfo[]): ReadonlySet<PodInfo> {
    const violating = new Set<PodInfo>();
    if (this.#byNamespace.size === 0) return violating;
    const left = new Map<Budget, number>();
    for (const pod of pods) {
      for (const budget of this.#of(pod)) {
        const allowed = (left.get(budget) ?? budget.budget.status.disruptionsAllowed) - 1;
        left.set(budget, allowed);
        if (allowed < 0) violating.add(pod);
      }
    }
    return violating;
  }

  /** Those that have not counted its disruption already. */
  #of({ namespace, name, kin: { labelSet } }: PodInfo): readonly Budget[] {
    if (Object.keys(labelSet.labels).length === 0) return [];
    const budgets = this.#byNamespace.get(namespace) ?? [];
    return budgets.filter(
      ({ budget, matcher }) =>
        matcher.matches(labelSet.labels) && budget.status.disruptedPods?.[name] === undefined,
    );
  }
}
