/** An eviction never takes a pod that its disruption budget needs. */
import { Pod } from "#api/core/pod.ts";
import { isPodReady, isPodTerminal } from "#api/core/pod-conditions.ts";
import { PodDisruptionBudget } from "#api/policy/poddisruptionbudget.ts";
import type { ApiRequest } from "#api/request.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { defineInvariant } from "./invariant.ts";
import { nameOf, type View } from "./view.ts";

const path = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/eviction$/;

export const evictionsKeepBudgets = defineInvariant({
  says: "a PodDisruptionBudget is never violated by an eviction",

  check({ view, gateway, violated }) {
    const free = new WeakSet<ApiRequest>();
    gateway.add(({ request }, serve) => {
      const pod = evictedBy(request, view);
      if (pod && needsNoBudget(pod)) free.add(request);
      return serve();
    });
    gateway.addTap(({ request }, { status }) => {
      const pod = status < 300 && !free.has(request) ? evictedBy(request, view) : undefined;
      if (!pod) return;
      const { namespace, name, labels } = pod.metadata;
      for (const budget of view.list(PodDisruptionBudget)) {
        const isIts = budget.metadata.namespace === namespace && selects(budget, labels);
        const why = isIts ? shortage(view, budget) : undefined;
        if (why !== undefined) violated(`${nameOf(budget)}, after ${name} was evicted: ${why}`);
      }
    });
    return {};
  },
});

/** The pod whose eviction is asked for, as it is now. */
function evictedBy({ method, path: asked }: ApiRequest, view: View): Pod | undefined {
  const [, namespace, name] = (method === "POST" && path.exec(asked)) || [];
  if (namespace === undefined) return undefined;
  return view
    .list(Pod)
    .find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
}

/** It does not serve anybody yet, or any more, or is on its way out: as upstream has it. */
const needsNoBudget = (pod: Pod): boolean =>
  isPodTerminal(pod) ||
  pod.status.phase === "Pending" ||
  pod.metadata.deletionTimestamp !== undefined;

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
