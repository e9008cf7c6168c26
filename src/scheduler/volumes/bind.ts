/**
 * Sees to it that a pod's claims have volumes before the pod goes to its node. It reads past the
 * caches: what another pod was given a moment ago must not be given twice, and a conflict says so.
 * upstream: pkg/scheduler/framework/plugins/volumebinding/binder.go#BindPodVolumes
 */
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import {
  bindingAnnotations,
  classNameOf,
  isClaimBound,
  reaches,
  waitsForConsumer,
} from "#api/storage/volume-binding.ts";
import type { WatchEvent } from "#client/client.ts";
import type { Placement, Ports } from "../plugin.ts";
import { claimsOf } from "../snapshot/claims.ts";
import { type Choice, chooseVolumes, type Waiting } from "./choose.ts";

interface BindPorts extends Ports {
  /** How long volumes may take to be bound. */
  readonly bindLimitMs: number;
}

export async function bindVolumes(placement: Placement, ports: BindPorts): Promise<void> {
  const claims = await unboundClaims(placement, ports);
  if (claims.length === 0) return;
  const waiting = await withClasses(claims, ports);
  const { items } = await ports.client.list(PersistentVolume, { signal: ports.signal });
  const choices = chooseVolumes(waiting, items, placement.node.node);
  if (!choices) throw new Error("node(s) didn't find available persistent volumes to bind");
  for (const choice of choices) await promise(choice, placement, ports);
  await Promise.all(claims.map((claim) => untilBound(claim, placement, ports)));
}

async function unboundClaims({ pod }: Placement, { client, signal }: Ports) {
  const { namespace } = pod;
  const claims = await Promise.all(
    claimsOf(pod.pod).map(({ name }) =>
      client.get(PersistentVolumeClaim, { namespace, name }, { signal }),
    ),
  );
  return claims.filter((claim) => !isClaimBound(claim));
}

/** Those that are bound at once are about to be: only the others are ours to choose for. */
async function withClasses(
  claims: readonly PersistentVolumeClaim[],
  { client, signal }: Ports,
): Promise<readonly Waiting[]> {
  const waiting: Waiting[] = [];
  for (const claim of claims) {
    const name = classNameOf(claim);
    if (!name) continue;
    const storageClass = await client.get(StorageClass, { name }, { signal });
    if (waitsForConsumer(claim, storageClass)) waiting.push({ claim, storageClass });
  }
  return waiting;
}

/** The volume is reserved for the claim, or the claim says where one is to be made. */
async function promise(
  { claim, volume }: Choice,
  { node }: Placement,
  ports: Ports,
): Promise<void> {
  const { client, signal } = ports;
  const { namespace, name = "", uid, resourceVersion } = claim.metadata;
  if (volume) {
    if (volume.spec.claimRef?.uid === uid) return;
    const { apiVersion, kind } = claim;
    const claimRef = { apiVersion, kind, namespace, name, uid, resourceVersion };
    const annotations = {
      ...volume.metadata.annotations,
      [bindingAnnotations.byController]: "yes",
    };
    const metadata = { ...volume.metadata, annotations };
    const reserved = { ...volume, metadata, spec: { ...volume.spec, claimRef } };
    await client.update(PersistentVolume, reserved, { signal });
    return;
  }
  const annotations = { [bindingAnnotations.selectedNode]: node.name };
  await client.patch(
    PersistentVolumeClaim,
    { namespace, name },
    { is: "merge", change: { metadata: { resourceVersion, annotations } }, signal },
  );
}

async function untilBound(
  { metadata: { namespace = "", name = "" } }: PersistentVolumeClaim,
  { pod, node }: Placement,
  { client, clock, signal, bindLimitMs }: BindPorts,
): Promise<void> {
  const late = new AbortController();
  using _limit = clock.after(bindLimitMs, () => late.abort());
  const either = AbortSignal.any([signal, late.signal]);
  while (!either.aborted) {
    const selection = { namespace, fieldSelector: `metadata.name=${name}` };
    const changes = client.watch(PersistentVolumeClaim, {
      ...selection,
      sendInitialEvents: true,
      allowBookmarks: true,
      signal: either,
    });
    for await (const batch of changes) {
      const bound = batch.find((change) => isDone(change, node.name));
      if (bound && "object" in bound) return reachable(bound.object, node.node, client);
    }
  }
  throw new Error(`timed out waiting for the condition: claims of ${pod.fullName} are not bound`);
}

/** Throws when it will not be any more. */
function isDone(change: WatchEvent<PersistentVolumeClaim>, nodeName: string): boolean {
  if (change.type === "BOOKMARK") return false;
  const { object, type } = change;
  if (type === "DELETED")
    throw new Error(`persistentvolumeclaim "${object.metadata.name}" not found`);
  if (isClaimBound(object)) return true;
  assertStillHere(object, nodeName);
  return false;
}

/** Whoever makes volumes takes the node away when there cannot be one. exact: kube-scheduler */
function assertStillHere({ metadata, spec }: PersistentVolumeClaim, nodeName: string): void {
  const selected = metadata.annotations?.[bindingAnnotations.selectedNode];
  if (spec.volumeName || selected === nodeName) return;
  if (
    selected === undefined &&
    metadata.annotations?.[bindingAnnotations.provisioner] === undefined
  )
    return;
  throw new Error(
    selected === undefined
      ? `provisioning failed for PVC "${metadata.name}"`
      : `selectedNode annotation value "${selected}" not set to scheduled node "${nodeName}"`,
  );
}

async function reachable(
  claim: PersistentVolumeClaim,
  node: Placement["node"]["node"],
  client: Ports["client"],
): Promise<void> {
  const volume = await client.get(PersistentVolume, { name: claim.spec.volumeName ?? "" });
  // exact: kube-scheduler
  if (!reaches(node, volume))
    throw new Error(
      `pv "${volume.metadata.name}" node affinity doesn't match node "${node.metadata.name}"`,
    );
}
