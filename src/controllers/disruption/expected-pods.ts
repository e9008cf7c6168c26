/**
 * How many pods a budget counts on, and how many of them have to be healthy. A share is one of the
 * pods that the pods' controllers ask for, not of those that happen to be there.
 * upstream: pkg/controller/disruption/disruption.go#getExpectedPodCount
 */
import { Deployment } from "#api/apps/deployment.ts";
import { scaledValue } from "#api/apps/int-or-percent.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { StatefulSet } from "#api/apps/statefulset.ts";
import type { Pod } from "#api/core/pod.ts";
import { ReplicationController } from "#api/core/replicationcontroller.ts";
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import type { OwnerReference } from "#api/meta/object-meta.ts";
import type { PodDisruptionBudget } from "#api/policy/poddisruptionbudget.ts";
import type { View } from "../runtime/controller.ts";
import { controllerOf } from "../runtime/ownership.ts";

export interface Expectation {
  readonly expected: number;
  readonly desiredHealthy: number;
  /** Pods that belong to nobody: a share cannot count on them. */
  readonly unmanaged: readonly Pod[];
  /** Why it cannot be told. */
  readonly problem?: string;
}

interface Scaled extends ApiObject {
  readonly spec: { readonly replicas?: number | undefined };
}

/** Kinds whose size can be told; the first one may stand below the second. */
const scaled: readonly Kind<Scaled>[] = [
  ReplicationController,
  ReplicaSet,
  StatefulSet,
  Deployment,
] as unknown as readonly Kind<Scaled>[];

export const scaledKinds: readonly AnyKind[] = scaled;

export function expectationOf(
  { spec: { minAvailable, maxUnavailable } }: PodDisruptionBudget,
  pods: readonly Pod[],
  { view, kinds }: { readonly view: View; readonly kinds: readonly AnyKind[] },
): Expectation {
  const nothing = { expected: 0, desiredHealthy: 0, unmanaged: [] };
  if (maxUnavailable === undefined && minAvailable === undefined) return nothing;
  if (maxUnavailable === undefined && typeof minAvailable === "number")
    return { expected: pods.length, desiredHealthy: minAvailable, unmanaged: [] };
  const scales = scalesOf(pods, view, kinds);
  if (scales.problem !== undefined) return { ...nothing, problem: scales.problem };
  const { total: expected, unmanaged } = scales;
  const share = (value: number | string): number =>
    scaledValue(value, { total: expected, round: "up" });
  const desiredHealthy =
    maxUnavailable === undefined
      ? share(minAvailable ?? 0)
      : Math.max(expected - share(maxUnavailable), 0);
  return { expected, desiredHealthy, unmanaged };
}

interface Scales {
  readonly total: number;
  readonly unmanaged: readonly Pod[];
  readonly problem?: string;
}

function scalesOf(pods: readonly Pod[], view: View, kinds: readonly AnyKind[]): Scales {
  const sizes = new Map<string, number>();
  const unmanaged: Pod[] = [];
  const seen = new Set<string>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (!owner) unmanaged.push(pod);
    if (!owner || seen.has(owner.uid)) continue;
    seen.add(owner.uid);
    const found = scaleOf(owner, pod.metadata.namespace, view);
    if (!found) return { total: 0, unmanaged, problem: problemOf(pod, owner, kinds) };
    sizes.set(found.metadata.uid ?? "", found.spec.replicas ?? 1);
  }
  return { total: [...sizes.values()].reduce((a, b) => a + b, 0), unmanaged };
}

/** What decides about the number of pods: for a ReplicaSet of a Deployment that one. */
function scaleOf(
  owner: OwnerReference,
  namespace: string | undefined,
  view: View,
): Scaled | undefined {
  const kind = scaled.find((candidate) => isOfKind(owner, candidate));
  const found = kind && view.get(kind, namespace, owner.name);
  if (found?.metadata.uid !== owner.uid) return undefined;
  const above = found && controllerOf(found);
  if (!above || !isOfKind(above, Deployment)) return found;
  const deployment = view.get(Deployment, namespace, above.name);
  return deployment?.metadata.uid === above.uid ? deployment : undefined;
}

const isOfKind = (owner: OwnerReference, { kind, group }: AnyKind): boolean =>
  owner.kind === kind && groupOf(owner) === group;

const groupOf = ({ apiVersion }: OwnerReference): string =>
  apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";

// exact: kube-controller-manager, all texts
function problemOf(pod: Pod, owner: OwnerReference, kinds: readonly AnyKind[]): string {
  const kind = kinds.find((candidate) => isOfKind(owner, candidate));
  if (!kind) return `no matches for kind "${owner.kind}" in version "${owner.apiVersion}"`;
  if (scaled.some((candidate) => isOfKind(owner, candidate)))
    return `found no controllers for pod ${JSON.stringify(pod.metadata.name)}`;
  const resource = kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;
  return `${resource} does not implement the scale subresource`;
}
