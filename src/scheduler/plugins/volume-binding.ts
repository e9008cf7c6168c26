import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import type { ApiObject } from "#api/kind.ts";
import { CSIDriver } from "#api/storage/csidriver.ts";
import { CSIStorageCapacity } from "#api/storage/csistoragecapacity.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import {
  classNameOf,
  isClaimBound,
  reaches,
  waitsForConsumer,
} from "#api/storage/volume-binding.ts";
import { minutes } from "#base/clock.ts";
import { bytesOf } from "#base/quantity.ts";
import { definePlugin, hopeless, type Plugin, Refusal, skip } from "../plugin.ts";
import { claimsOf, usesClaim } from "../snapshot/claims.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { bindVolumes } from "../volumes/bind.ts";
import { chooseVolumes, type Waiting } from "../volumes/choose.ts";
import { hasRoom, type Room, roomFor } from "../volumes/room.ts";

// exact: kube-scheduler
const unbound = hopeless("pod has unbound immediate PersistentVolumeClaims");
const unreachable = hopeless("node(s) had volume node affinity conflict");
const lost = hopeless("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
const noSpace = hopeless("node(s) did not have enough free storage");
const noneFound = hopeless("node(s) didn't find available persistent volumes to bind");

interface Volumes {
  /** Undefined: the claim is bound to a volume that is not there. */
  readonly bound: readonly (PersistentVolume | undefined)[];
  /** Claims that are bound only when their pod has a node. */
  readonly waiting: readonly Waiting[];
  /** What they may choose from. */
  readonly volumes: readonly PersistentVolume[];
  /** What can still be made. */
  readonly room: Room;
}

export interface VolumeBindingOptions {
  /** How long volumes may take to be bound, once the pod has a node. */
  readonly bindLimitMs: number;
}

/**
 * Pods wait for their claims, and go where their volumes can be reached, or can be made.
 * upstream: pkg/scheduler/framework/plugins/volumebinding
 */
export const volumeBindingWith = ({ bindLimitMs }: VolumeBindingOptions): Plugin =>
  definePlugin<Volumes>({
    name: "VolumeBinding",
    dependsOn: "cluster",
    reads: [
      { kind: PersistentVolumeClaim },
      { kind: PersistentVolume },
      { kind: StorageClass },
      { kind: CSIDriver },
      { kind: CSIStorageCapacity },
    ],
    preFilter(pod, cluster) {
      if (!pod.shape.spec.volumes) return skip;
      const claims = findClaims(pod, cluster);
      if (claims instanceof Refusal) return claims;
      if (claims.length === 0) return skip;
      const unready = claims.filter((claim) => !isClaimBound(claim));
      const waiting = unready.flatMap((claim) => waitingFor(claim, cluster) ?? []);
      if (waiting.length < unready.length) return unbound;
      return {
        waiting,
        room: roomFor(waiting, cluster),
        volumes: waiting.length > 0 ? cluster.objects.list(PersistentVolume) : [],
        bound: claims
          .filter(isClaimBound)
          .map(({ spec }) =>
            cluster.objects.get(PersistentVolume, undefined, spec.volumeName ?? ""),
          ),
      };
    },
    filter: (_pod, node, volumes) => verdict(node, volumes),
    preBind: async (placement, ports) => {
      if (placement.pod.shape.spec.volumes) await bindVolumes(placement, { ...ports, bindLimitMs });
    },
    events: [
      {
        on: ["PersistentVolumeClaimAdd", "PersistentVolumeClaimUpdate"],
        hint: (pod, { object }) => usesClaim(pod, object?.new),
      },
      { on: ["PersistentVolumeAdd", "PersistentVolumeUpdate"] },
      { on: ["storage.k8s.io/StorageClassAdd", "storage.k8s.io/StorageClassUpdate"] },
      { on: ["NodeAdd", "NodeUpdateNodeLabel"] },
      {
        on: ["storage.k8s.io/CSIDriverUpdate"],
        // It no longer says how much room there is.
        hint: (_pod, { object }) => reportsRoom(object?.old) && !reportsRoom(object?.new),
      },
      {
        on: ["storage.k8s.io/CSIStorageCapacityAdd", "storage.k8s.io/CSIStorageCapacityUpdate"],
        hint: (_pod, { object }) =>
          bytesLeft(object?.new) > bytesLeft(object?.old) || object?.old === undefined,
      },
    ],
  });

/** exact: kube-scheduler, bindTimeoutSeconds */
export const volumeBinding = definePlugin(volumeBindingWith({ bindLimitMs: minutes(10) }));

const reportsRoom = (driver: ApiObject | undefined): boolean =>
  (driver as CSIDriver | undefined)?.spec.storageCapacity ?? false;

function bytesLeft(object: ApiObject | undefined): number {
  const capacity = object as CSIStorageCapacity | undefined;
  return bytesOf(capacity?.maximumVolumeSize ?? capacity?.capacity ?? "0");
}

function verdict(
  { node }: NodeView,
  { bound, waiting, volumes, room }: Volumes,
): Refusal | undefined {
  if (bound.includes(undefined)) return lost;
  if (!bound.every((volume) => !volume || reaches(node, volume))) return unreachable;
  if (waiting.length === 0) return undefined;
  const choices = chooseVolumes(waiting, volumes, node);
  if (!choices) return noneFound;
  return hasRoom(choices, room, node) ? undefined : noSpace;
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

/** Undefined when the claim is to be bound without regard to its pod. */
function waitingFor(claim: PersistentVolumeClaim, { objects }: Snapshot): Waiting | undefined {
  const className = classNameOf(claim);
  const storageClass = className ? objects.get(StorageClass, undefined, className) : undefined;
  return storageClass && waitsForConsumer(claim, storageClass)
    ? { claim, storageClass }
    : undefined;
}
