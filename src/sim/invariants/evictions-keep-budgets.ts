/** An eviction never takes a pod that its disruption budget needs. */
import { Pod } from "#api/core/pod.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import { PodDisruptionBudget } from "#api/policy/poddisruptionbudget.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { defineInvariant } from "./invariant.ts";
import { nameOf, type View } from "./view.ts";

const path = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/eviction$/;

export const evictionsKeepBudgets = defineInvariant({
  says: "a PodDisruptionBudget is never violated by an eviction",

  check({ view, gateway, violated }) {
    gateway.addTap(({ request }, { status }) => {
      const [, namespace, name] = path.exec(request.path) ?? [];
      if (status >= 300 || request.method !== "POST" || !namespace) return;
      const labels = view.list(Pod).find(({ metadata }) => isNamed(metadata, namespace, name))
        ?.metadata.labels;
      for (const budget of view.list(PodDisruptionBudget)) {
        const isIts = budget.metadata.namespace === namespace && selects(budget, labels);
        const why = isIts ? shortage(view, budget) : undefined;
        if (why !== undefined) violated(`${nameOf(budget)}, after ${name} was evicted: ${why}`);
      }
    });
    return {};
  },
});

const isNamed = (metadata: Pod["metadata"], namespace: string, name: string | undefined): boolean =>
  metadata.namespace === namespace && metadata.name === name;

const selects = ({ spec }: PodDisruptionBudget, labels: Pod["metadata"]["labels"]): boolean =>
  spec.selector !== undefined && labelSelectorOf(spec.selector).matches(labels);

/**
 * The budget goes by what its controller has counted, less what was evicted since. What the controller
 * has not heard of yet, a node that just died, is nobody's fault: upstream's does not know either.
 */
function shortage(view: View, budget: PodDisruptionBudget): string | undefined {
  const { metadata, status } = budget;
  const pods = view
    .list(Pod)
    .filter(
      (pod) =>
        pod.metadata.namespace === metadata.namespace && selects(budget, pod.metadata.labels),
    );
  const ready = pods.filter((pod) => isPodReady(pod) && !pod.metadata.deletionTimestamp).length;
  if (ready >= status.desiredHealthy) return undefined;
  const { disruptedPods = {}, currentHealthy, desiredHealthy } = status;
  const evicted = Object.keys(disruptedPods).length;
  if (currentHealthy - evicted >= desiredHealthy) return undefined;
  return `${ready} pods are ready, ${desiredHealthy} are needed; ${currentHealthy} were counted, ${evicted} evicted since`;
}
