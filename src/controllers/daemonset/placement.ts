/**
 * Which nodes a daemon set wants a pod on, and what ties the pod to its node.
 * upstream: pkg/controller/daemon/daemon_controller.go#NodeShouldRunDaemonPod
 */
import type { DaemonSet } from "#api/apps/daemonset.ts";
import type { Affinity, Toleration } from "#api/core/affinity.ts";
import { isSelectedBy } from "#api/core/node-affinity.ts";
import type { Node } from "#api/core/node.ts";
import type { Pod } from "#api/core/pod.ts";
import type { PodSpec, PodTemplateSpec } from "#api/core/pod-spec.ts";
import { findUntoleratedTaint, nodeTaints } from "#api/core/taints.ts";

export interface Verdict {
  /** A pod is to be made when there is none. */
  readonly shouldRun: boolean;
  /** A pod that is there may stay. */
  readonly mayStay: boolean;
}

const runs: Verdict = { shouldRun: true, mayStay: true };
const stays: Verdict = { shouldRun: false, mayStay: true };
const leaves: Verdict = { shouldRun: false, mayStay: false };

/** Templates and nodes never change in place: what was found out about two of them holds. */
const verdicts = new WeakMap<PodTemplateSpec, WeakMap<Node, Verdict>>();

export function verdictOn(node: Node, { spec: { template } }: DaemonSet): Verdict {
  const known = verdicts.get(template) ?? new WeakMap<Node, Verdict>();
  verdicts.set(template, known);
  const verdict = known.get(node) ?? judge(node, template);
  known.set(node, verdict);
  return verdict;
}

function judge(node: Node, { spec }: PodTemplateSpec): Verdict {
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return leaves;
  if (!isSelectedBy(node, spec)) return leaves;
  const { taints } = node.spec;
  const tolerations = tolerationsOf(spec);
  if (findUntoleratedTaint(taints, tolerations) === undefined) return runs;
  return findUntoleratedTaint(taints, tolerations, ["NoExecute"]) === undefined ? stays : leaves;
}

/** What happens to a node must not keep its daemons away, nor drive them off. */
const always: readonly Toleration[] = [
  { key: nodeTaints.notReady, operator: "Exists", effect: "NoExecute" },
  { key: nodeTaints.unreachable, operator: "Exists", effect: "NoExecute" },
  { key: nodeTaints.diskPressure, operator: "Exists", effect: "NoSchedule" },
  { key: nodeTaints.memoryPressure, operator: "Exists", effect: "NoSchedule" },
  { key: nodeTaints.pidPressure, operator: "Exists", effect: "NoSchedule" },
  { key: nodeTaints.unschedulable, operator: "Exists", effect: "NoSchedule" },
];

const onHostNetwork: readonly Toleration[] = [
  { key: nodeTaints.networkUnavailable, operator: "Exists", effect: "NoSchedule" },
];

/** upstream: pkg/controller/daemon/util/daemonset_util.go#AddOrUpdateDaemonPodTolerations */
export function tolerationsOf({
  tolerations = [],
  hostNetwork,
}: Pick<PodSpec, "tolerations" | "hostNetwork">): readonly Toleration[] {
  const added = [...always, ...(hostNetwork ? onHostNetwork : [])];
  const replaced = (own: Toleration): Toleration =>
    added.find((other) => isAlike(own, other)) ?? own;
  const missing = added.filter((other) => !tolerations.some((own) => isAlike(own, other)));
  return [...tolerations.map(replaced), ...missing];
}

const isAlike = (a: Toleration, b: Toleration): boolean =>
  a.key === b.key &&
  a.operator === b.operator &&
  a.effect === b.effect &&
  (a.value ?? "") === (b.value ?? "");

const nameField = "metadata.name";

/** Only that one node will do; what the template required was looked at already. */
export const tiedTo = (affinity: Affinity | undefined, nodeName: string): Affinity => ({
  ...affinity,
  nodeAffinity: {
    ...affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchFields: [{ key: nameField, operator: "In", values: [nodeName] }] },
      ],
    },
  },
});

/** The node that the pod runs on, or is to run on. */
export function targetOf({ spec }: Pod): string | undefined {
  if (spec.nodeName) return spec.nodeName;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const { matchFields = [] } of required?.nodeSelectorTerms ?? []) {
    const [name, ...others] =
      matchFields.find(({ key, operator }) => key === nameField && operator === "In")?.values ?? [];
    if (name !== undefined && others.length === 0) return name;
  }
  return undefined;
}
