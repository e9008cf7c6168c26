/** Finalizers that keep something until nobody uses it: put on everything, taken off in the end. */
import type { ApiObject, Kind } from "#api/kind.ts";
import { type Effect, update } from "../runtime/effects.ts";

/** It is new, or of a time when nobody put the finalizer on. */
export const lacks = ({ metadata }: ApiObject, finalizer: string): boolean =>
  !metadata.deletionTimestamp && !metadata.finalizers?.includes(finalizer);

/** Its deletion waits for nothing but that nobody uses it. */
export const waits = ({ metadata }: ApiObject, finalizer: string): boolean =>
  metadata.deletionTimestamp !== undefined && (metadata.finalizers?.includes(finalizer) ?? false);

export function protect<T extends ApiObject>(kind: Kind<T>, object: T, finalizer: string): Effect {
  const finalizers = [...(object.metadata.finalizers ?? []), finalizer];
  return update(kind, { ...object, metadata: { ...object.metadata, finalizers } });
}

export function release<T extends ApiObject>(kind: Kind<T>, object: T, finalizer: string): Effect {
  const finalizers = object.metadata.finalizers?.filter((other) => other !== finalizer);
  return update(kind, { ...object, metadata: { ...object.metadata, finalizers } });
}
