/**
 * The last step of making a volume larger: the driver grows the file system on the node.
 * upstream: pkg/volume/util/operationexecutor/node_expander.go
 */
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { bytesOf } from "#base/quantity.ts";
import type { Client } from "#client/client.ts";
import type { NodeService } from "./node-service.ts";
import { capabilityOf, type RequestParts, secretsFor } from "./requests.ts";

interface Expansion {
  readonly parts: RequestParts;
  /** Where the volume lies. */
  readonly path: string;
  readonly client: Client;
}

/** The claim shows the volume's new size only when the pod has it. */
export async function expandIfLarger(expansion: Expansion, service: NodeService): Promise<void> {
  const { wanted } = expansion.parts;
  if (!wanted.bound || wanted.isReadOnly) return;
  const { volume, claim } = wanted.bound;
  const storage = volume.spec.capacity?.["storage"] ?? "0";
  const known = claim.status.capacity?.["storage"];
  if (known === undefined || bytesOf(storage) <= bytesOf(known)) return;
  await service.expand({
    volumeId: wanted.volumeHandle,
    volumePath: expansion.path,
    stagingTargetPath: expansion.parts.stagingTargetPath,
    capacityRange: { requiredBytes: bytesOf(storage) },
    volumeCapability: capabilityOf(wanted, expansion.parts.capabilities),
    secrets: await secretsFor("expand", expansion.parts),
  });
  await expansion.client.updateStatus(PersistentVolumeClaim, expanded(claim, storage));
}

const over: ReadonlySet<string> = new Set(["FileSystemResizePending", "Resizing"]);

function expanded(claim: PersistentVolumeClaim, storage: string): PersistentVolumeClaim {
  const { allocatedResourceStatuses = {}, conditions = [], ...status } = claim.status;
  const { storage: _done, ...statuses } = allocatedResourceStatuses;
  const left = conditions.filter(({ type }) => !over.has(type));
  return {
    ...claim,
    status: {
      ...status,
      capacity: { ...status.capacity, storage },
      ...(left.length > 0 ? { conditions: left } : {}),
      ...(Object.keys(statuses).length > 0 ? { allocatedResourceStatuses: statuses } : {}),
    },
  };
}
