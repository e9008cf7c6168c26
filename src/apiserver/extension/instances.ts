/**
 * Deletes all objects of a kind that is going, and waits until they are gone.
 * upstream: apiextensions-apiserver/pkg/controller/finalizer/crd_finalizer.go
 */
import { isReason } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { everything, type Registry, type WriteContext } from "../registry/registry.ts";

interface Removing {
  readonly registry: Registry;
  readonly how: WriteContext;
}

export async function removeInstances(
  removing: Removing,
  kind: AnyKind,
  signal: AbortSignal,
): Promise<void> {
  const { registry } = removing;
  const stop = new AbortController();
  const gone = await registry.watch(kind, {
    ...everything,
    signal: AbortSignal.any([signal, stop.signal]),
  });
  try {
    await deleteAll(removing, kind);
    if (isEmpty(registry, kind)) return;
    // Finalizers and grace periods take their time: each change may be the last.
    for await (const _batch of gone) if (isEmpty(registry, kind)) return;
  } finally {
    stop.abort();
  }
}

const isEmpty = ({ reader }: Registry, kind: AnyKind): boolean =>
  reader.list(kind, "").length === 0;

async function deleteAll(removing: Removing, kind: AnyKind): Promise<void> {
  for (const { object } of removing.registry.reader.list<ApiObject>(kind, "")) {
    if (!object.metadata.deletionTimestamp) await deleteOne(removing, kind, object);
  }
}

/** What somebody else deleted meanwhile is gone, as was wanted. */
async function deleteOne(
  { registry, how }: Removing,
  kind: AnyKind,
  { metadata }: ApiObject,
): Promise<void> {
  const { namespace = "", name = "" } = metadata;
  const query = {
    namespace,
    name,
    gracePeriodSeconds: undefined,
    propagationPolicy: undefined,
    uid: undefined,
    resourceVersion: undefined,
  };
  try {
    await registry.delete(kind, query, how);
  } catch (cause) {
    if (!isReason(cause, "NotFound")) throw cause;
  }
}
