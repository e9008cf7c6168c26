/** Where the claims that wait for their pod's node can get their volumes. */
import type { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import type { PersistentVolume } from "#api/core/persistentvolume.ts";
import type { SelectableNode } from "#api/core/node-affinity.ts";
import type { StorageClass } from "#api/storage/storageclass.ts";
import { bindingAnnotations, findVolumeFor, noProvisioner } from "#api/storage/volume-binding.ts";
import { bytesOf } from "#base/quantity.ts";

/** A claim that is bound only when its pod has a node. */
export interface Waiting {
  readonly claim: PersistentVolumeClaim;
  readonly storageClass: StorageClass;
}

export interface Choice extends Waiting {
  /** Undefined: one is to be made. */
  readonly volume: PersistentVolume | undefined;
}

/** Undefined when the node cannot give all of them a volume. The largest claims choose last. */
export function chooseVolumes(
  waiting: readonly Waiting[],
  volumes: readonly PersistentVolume[],
  node: SelectableNode,
): readonly Choice[] | undefined {
  const taken = new Set<PersistentVolume>();
  const choices: Choice[] = [];
  for (const { claim, storageClass } of waiting.toSorted((a, b) => sizeOf(a) - sizeOf(b))) {
    const volume = isPromised(claim, node)
      ? undefined
      : findVolumeFor(claim, volumes, { node, isTaken: (other) => taken.has(other) });
    if (volume) taken.add(volume);
    else if (!canMake(claim, storageClass, node)) return undefined;
    choices.push({ claim, storageClass, volume });
  }
  return choices;
}

const sizeOf = ({ claim }: Waiting): number =>
  bytesOf(claim.spec.resources.requests?.["storage"] ?? "0");

/** Its volume is being made here already. */
const isPromised = ({ metadata }: PersistentVolumeClaim, node: SelectableNode): boolean =>
  metadata.annotations?.[bindingAnnotations.selectedNode] === node.metadata.name;

function canMake(
  { metadata }: PersistentVolumeClaim,
  { provisioner, allowedTopologies = [] }: StorageClass,
  node: SelectableNode,
): boolean {
  if (provisioner === "" || provisioner === noProvisioner) return false;
  const elsewhere = metadata.annotations?.[bindingAnnotations.selectedNode];
  if (elsewhere !== undefined && elsewhere !== node.metadata.name) return false;
  const labels = node.metadata.labels ?? {};
  return (
    allowedTopologies.length === 0 ||
    allowedTopologies.some(({ matchLabelExpressions = [] }) =>
      matchLabelExpressions.every(({ key, values }) => values.includes(labels[key] ?? "")),
    )
  );
}
