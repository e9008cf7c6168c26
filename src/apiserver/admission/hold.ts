import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { Draft } from "#schema/struct.ts";

/** The object stays until somebody takes the finalizer off. */
export function hold(metadata: Draft<ObjectMeta>, finalizer: string): void {
  const own = metadata.finalizers ?? [];
  if (!own.includes(finalizer)) metadata.finalizers = [...own, finalizer];
}
