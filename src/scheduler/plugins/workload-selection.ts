/**
 * The pods that belong with a pod because services and its workload say so: whoever all of their
 * selectors pick. upstream: pkg/scheduler/framework/plugins/helper/spread.go#DefaultSelector
 */
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { StatefulSet } from "#api/apps/statefulset.ts";
import { ReplicationController } from "#api/core/replicationcontroller.ts";
import { Service } from "#api/core/service.ts";
import type { AnyKind } from "#api/kind.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import { type Labels, labelSelectorOf } from "#api/selectors.ts";
import type { LabelSet, PodInfo } from "../snapshot/pod-info.ts";
import { PodSelection } from "../snapshot/pod-selection.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

export const workloadKinds: readonly AnyKind[] = [
  Service,
  ReplicationController,
  ReplicaSet,
  StatefulSet,
];

interface Known {
  version: number;
  readonly byOwner: Map<string, PodSelection | undefined>;
}

const memoKey = {};

/** Undefined when nothing selects the pod. Remembered until one of those objects changes. */
export function workloadSelection(
  { pod, kin: { labelSet } }: PodInfo,
  cluster: Snapshot,
): PodSelection | undefined {
  const known = labelSet.memo.of(memoKey, (): Known => ({ version: -1, byOwner: new Map() }));
  const version = workloadKinds.reduce((sum, kind) => sum + cluster.objects.version(kind), 0);
  if (known.version !== version) known.byOwner.clear();
  known.version = version;
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
  const key = owner ? `${owner.apiVersion}/${owner.kind}/${owner.name}` : "";
  if (!known.byOwner.has(key)) known.byOwner.set(key, selectionOf(labelSet, owner, cluster));
  return known.byOwner.get(key);
}

type Owner = Readonly<Record<"apiVersion" | "kind" | "name", string>>;

function selectionOf(
  { namespace, labels }: LabelSet,
  owner: Owner | undefined,
  { objects }: Snapshot,
): PodSelection | undefined {
  const matchLabels: Record<string, string> = {};
  for (const { spec } of objects.list(Service, namespace)) {
    if (spec.selector && picks(spec.selector, labels)) Object.assign(matchLabels, spec.selector);
  }
  const ofOwner = owner && selectorOfOwner(owner, namespace, objects);
  const selector: LabelSelector = {
    matchLabels: { ...matchLabels, ...ofOwner?.matchLabels },
    ...(ofOwner?.matchExpressions ? { matchExpressions: ofOwner.matchExpressions } : {}),
  };
  const matcher = labelSelectorOf(selector);
  return matcher.isEverything ? undefined : new PodSelection([namespace], matcher);
}

/** A service without a selector picks nobody. */
const picks = (selector: Labels, labels: Labels): boolean =>
  Object.keys(selector).length > 0 &&
  Object.entries(selector).every(([key, value]) => labels[key] === value);

function selectorOfOwner(
  { apiVersion, kind, name }: Owner,
  namespace: string,
  objects: Snapshot["objects"],
): LabelSelector | undefined {
  const is = (wanted: AnyKind): boolean => wanted.apiVersion === apiVersion && wanted.kind === kind;
  if (is(ReplicationController)) {
    const matchLabels = objects.get(ReplicationController, namespace, name)?.spec.selector;
    return matchLabels && { matchLabels };
  }
  if (is(ReplicaSet)) return objects.get(ReplicaSet, namespace, name)?.spec.selector;
  if (is(StatefulSet)) return objects.get(StatefulSet, namespace, name)?.spec.selector;
  return undefined;
}
