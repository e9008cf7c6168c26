/**
 * Whether a driver still has room for the volumes that it is to make for a pod, as far as it says
 * so (CSIStorageCapacity).
 * upstream: pkg/scheduler/framework/plugins/volumebinding/binder.go#hasEnoughCapacity
 */
import type { SelectableNode } from "#api/core/node-affinity.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { CSIDriver } from "#api/storage/csidriver.ts";
import { CSIStorageCapacity } from "#api/storage/csistoragecapacity.ts";
import { bytesOf } from "#base/quantity.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Choice, Waiting } from "./choose.ts";

/** What drivers report, by class; a class that is not there is not asked about. */
export type Room = ReadonlyMap<string, readonly CSIStorageCapacity[]>;

export function roomFor(waiting: readonly Waiting[], { objects }: Snapshot): Room {
  const names = waiting.flatMap(({ storageClass }) => {
    const driver = objects.get(CSIDriver, undefined, storageClass.provisioner);
    return driver?.spec.storageCapacity ? [storageClass.metadata.name ?? ""] : [];
  });
  const room = new Map<string, CSIStorageCapacity[]>(names.map((name) => [name, []]));
  if (room.size > 0)
    for (const capacity of objects.list(CSIStorageCapacity))
      room.get(capacity.storageClassName)?.push(capacity);
  return room;
}

export const hasRoom = (
  choices: readonly Choice[],
  room: Room,
  { metadata }: SelectableNode,
): boolean =>
  choices.every(({ claim, storageClass, volume }) => {
    const reported = volume ? undefined : room.get(storageClass.metadata.name ?? "");
    const size = claim.spec.resources?.requests?.["storage"];
    if (!reported || size === undefined) return true;
    const labels = metadata.labels ?? {};
    return reported.some(
      (capacity) => suffices(capacity, bytesOf(size)) && reaches(capacity, labels),
    );
  });

/** Where the driver does not say how large one volume may be, all that is left has to do. */
function suffices({ maximumVolumeSize, capacity }: CSIStorageCapacity, bytes: number): boolean {
  const limit = maximumVolumeSize ?? capacity;
  return limit !== undefined && bytesOf(limit) >= bytes;
}

const reaches = (
  { nodeTopology }: CSIStorageCapacity,
  labels: Readonly<Record<string, string>>,
): boolean => nodeTopology !== undefined && labelSelectorOf(nodeTopology).matches(labels);
