import { matchesNodeSelector } from "#api/core/node-affinity.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import type { ApiObject } from "#api/kind.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import { definePlugin, hopeless, Refusal, skip } from "../plugin.ts";
import { claimsOf } from "../snapshot/claims.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

// exact: kube-scheduler
const unbound = hopeless("pod has unbound immediate PersistentVolumeClaims");
const unreachable = hopeless("node(s) had volume node affinity conflict");
const lost = hopeless("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
const noneFound = hopeless("node(s) didn't find available persistent volumes to bind");

interface Volumes {
  /** Undefined: the claim is bound to a volume that is not there. */
  readonly bound: readonly (PersistentVolume | undefined)[];
  /** A claim waits for its pod to get a node. */
  readonly hasDelayed: boolean;
}

/**
 * Pods wait for their claims, and go where their volumes can be reached. Claims that are bound only
 * when their pod has a node are not matched with volumes yet: no node will do for them.
 * upstream: pkg/scheduler/framework/plugins/volumebinding
 */
export const volumeBinding = definePlugin<Volumes>({
  name: "VolumeBinding",
  dependsOn: "cluster",
  reads: [{ kind: PersistentVolumeClaim }, { kind: PersistentVolume }, { kind: StorageClass }],
  preFilter(pod, cluster) {
    if (!pod.shape.spec.volumes) return skip;
    const claims = findClaims(pod, cluster);
    if (claims instanceof Refusal) return claims;
    if (claims.length === 0) return skip;
    const waiting = claims.filter((claim) => !isBound(claim));
    if (waiting.some((claim) => !isDelayed(claim, cluster))) return unbound;
    return {
      hasDelayed: waiting.length > 0,
      bound: claims
        .filter(isBound)
        .map(({ spec }) => cluster.objects.get(PersistentVolume, undefined, spec.volumeName ?? "")),
    };
  },
  filter: (_pod, node, volumes) => verdict(node, volumes),
  events: [
    {
      on: ["PersistentVolumeClaimAdd", "PersistentVolumeClaimUpdate"],
      hint: (pod, { object }) => uses(pod, object?.new),
    },
    { on: ["PersistentVolumeAdd", "PersistentVolumeUpdate"] },
    { on: ["storage.k8s.io/StorageClassAdd", "storage.k8s.io/StorageClassUpdate"] },
    { on: ["NodeAdd", "NodeUpdateNodeLabel"] },
  ],
});

function verdict({ node }: NodeView, { bound, hasDelayed }: Volumes): Refusal | undefined {
  if (bound.includes(undefined)) return lost;
  const isReachable = bound.every((volume) => {
    const required = volume?.spec.nodeAffinity?.required;
    return !required || matchesNodeSelector(required, node);
  });
  if (!isReachable) return unreachable;
  return hasDelayed ? noneFound : undefined;
}

/** All claims of the pod, or what is wrong with the first bad one. exact: kube-scheduler */
function findClaims(
  { pod, namespace }: PodInfo,
  { objects }: Snapshot,
): readonly PersistentVolumeClaim[] | Refusal {
  const claims: PersistentVolumeClaim[] = [];
  for (const { name, isEphemeral } of claimsOf(pod)) {
    const claim = objects.get(PersistentVolumeClaim, namespace, name);
    const problem = claim ? problemOf(claim) : missing(name, isEphemeral);
    if (problem) return hopeless(problem);
    if (claim) claims.push(claim);
  }
  return claims;
}

const missing = (name: string, isEphemeral: boolean): string =>
  isEphemeral
    ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
    : `persistentvolumeclaim "${name}" not found`;

function problemOf({ metadata, spec, status }: PersistentVolumeClaim): string | undefined {
  const claim = `persistentvolumeclaim "${metadata.name}"`;
  if (status.phase === "Lost")
    return `${claim} bound to non-existent persistentvolume "${spec.volumeName ?? ""}"`;
  return metadata.deletionTimestamp ? `${claim} is being deleted` : undefined;
}

const isBound = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  !!spec.volumeName && metadata.annotations?.["pv.kubernetes.io/bind-completed"] !== undefined;

function isDelayed({ metadata, spec }: PersistentVolumeClaim, { objects }: Snapshot): boolean {
  if (spec.volumeName) return false;
  const className =
    metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec.storageClassName;
  if (!className) return false;
  const storageClass = objects.get(StorageClass, undefined, className);
  return storageClass?.volumeBindingMode === "WaitForFirstConsumer";
}

const uses = ({ pod, namespace }: PodInfo, claim: ApiObject | undefined): boolean =>
  claim?.metadata.namespace === namespace &&
  claimsOf(pod).some(({ name }) => name === claim?.metadata.name);
