/** What would have to be written differently for a filter to let the pod onto a node. */
import type { Container } from "#api/core/container.ts";
import type { Node } from "#api/core/node.ts";
import type { Pod } from "#api/core/pod.ts";
import { countOf, countText } from "#api/core/resources.ts";
import { isSelectedBy } from "#api/core/node-affinity.ts";
import { findUntoleratedTaint, nodeTaints } from "#api/core/taints.ts";
import { quantityOf } from "#base/quantity.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { Sick } from "./remedies.ts";

/** What is left of a request must be worth having: not less than this share of it. */
const shareMin = 0.05;

export interface Draft {
  pod: Pod;
  readonly changes: string[];
  size: number;
}

type Change = (draft: Draft, sick: Sick, node: NodeView) => boolean;

/** Makes the change to the copy, and says which it is. By plugin; false when nothing can be done. */
export const changesFor: Readonly<Record<string, Change>> = {
  NodeUnschedulable: (draft, _sick, { name }) => uncordon(draft, name),
  TaintToleration: (draft, _sick, { node }) => tolerate(draft, node),
  NodeResourcesFit: lowerRequests,
  NodeAffinity: (draft, _sick, { node }) => unselect(draft, node),
};

/** The taint that goes with it is tolerated on the copy, for the filter to be content. */
function uncordon(draft: Draft, name: string): boolean {
  addToleration(draft, { key: nodeTaints.unschedulable, effect: "NoSchedule", operator: "Exists" });
  draft.changes.push(`uncordon node ${name}`);
  draft.size += 1;
  return true;
}

type Toleration = NonNullable<Pod["spec"]["tolerations"]>[number];

function addToleration(draft: Draft, toleration: Toleration): void {
  const { spec } = draft.pod;
  const tolerations = [...(spec.tolerations ?? []), toleration];
  draft.pod = changedPod(draft.pod, { ...spec, tolerations });
}

function tolerate(draft: Draft, { spec: { taints } }: Node): boolean {
  while (true) {
    const taint = findUntoleratedTaint(taints, draft.pod.spec.tolerations);
    if (!taint) return true;
    const { key, value = "", effect } = taint;
    addToleration(draft, { key, value, effect, operator: "Equal" });
    draft.changes.push(`tolerate the taint ${key}${value ? `=${value}` : ""}:${effect}`);
    draft.size += 1;
  }
}

/** Of the container that asks for most. */
function lowerRequests(draft: Draft, { pod, snapshot }: Sick, { index }: NodeView): boolean {
  const { resources } = snapshot;
  const { ids, amounts } = pod.requests;
  if ((resources.podCounts[index] ?? 0) + 1 > resources.podsMax(index)) return false;
  for (const [i, id] of ids.entries()) {
    const wanted = amounts[i] ?? 0;
    const free = resources.free(id, index);
    if (wanted <= free) continue;
    const name = resources.names.nameOf(id);
    if (free < wanted * shareMin || !lowerRequest(draft, name, wanted - free)) return false;
    draft.changes.push(
      `lower the ${name} request from ${countText(name, wanted)} to ${countText(name, free)}`,
    );
    draft.size += (wanted - free) / wanted;
  }
  return true;
}

function lowerRequest(draft: Draft, name: string, by: number): boolean {
  const { spec } = draft.pod;
  const { requestedOf } = draft.pod.spec.containers.reduce<{ requestedOf: number }>(
    (best, container, i) => {
      const own = requestCount(container, name);
      const top = spec.containers[best.requestedOf];
      return own > (top ? requestCount(top, name) : 0) ? { requestedOf: i } : best;
    },
    { requestedOf: 0 },
  );
  const container = spec.containers[requestedOf];
  const before = container ? requestCount(container, name) : 0;
  if (!container || before < by) return false;
  const requests = {
    ...container.resources?.requests,
    [name]: countText(name, before - by),
  };
  const lowered = { ...container, resources: { ...container.resources, requests } };
  const containers = spec.containers.map((one, i) => (i === requestedOf ? lowered : one));
  draft.pod = changedPod(draft.pod, { ...spec, containers });
  return true;
}

const requestCount = ({ resources }: Container, name: string): number => {
  const text = resources?.requests?.[name];
  return text === undefined ? 0 : countOf(name, quantityOf(text));
};

function unselect(draft: Draft, node: Node): boolean {
  const { spec } = draft.pod;
  const { nodeSelector = {}, affinity } = spec;
  if (!isSelectedBy(node, { affinity })) return false;
  const labels = node.metadata.labels ?? {};
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(nodeSelector)) {
    if (labels[key] === value) kept[key] = value;
    else draft.changes.push(unselecting(draft.pod, key, value));
  }
  draft.size += Object.keys(nodeSelector).length - Object.keys(kept).length;
  draft.pod = changedPod(draft.pod, { ...spec, nodeSelector: kept });
  return true;
}

/** The label helps too, unless it could change which nodes are counted, or in which domain this one is. */
function unselecting({ spec }: Pod, key: string, value: string): string {
  const isCounted = (spec.topologySpreadConstraints ?? []).length > 0;
  if (isCounted || topologyKeysOf(spec).includes(key))
    return `drop ${key}=${value} from the nodeSelector`;
  return `label the node ${key}=${value}, or drop that from the nodeSelector`;
}

const wellKnownKeys = [
  "kubernetes.io/hostname",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
];

const topologyKeysOf = ({ affinity }: Pod["spec"]): readonly string[] => [
  ...wellKnownKeys,
  ...[affinity?.podAffinity, affinity?.podAntiAffinity]
    .flatMap((rules) => rules?.requiredDuringSchedulingIgnoredDuringExecution ?? [])
    .map(({ topologyKey }) => topologyKey),
];

const changedPod = (pod: Pod, spec: Pod["spec"]): Pod => ({ ...pod, spec });
