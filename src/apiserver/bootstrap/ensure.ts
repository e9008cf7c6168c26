/** Makes one object what it shall be. */
import { isReason } from "#api/errors.ts";
import { equal } from "#schema/copy.ts";
import type { Registry, WriteContext } from "../registry/registry.ts";
import type { Wanted } from "./wanted.ts";

/** Whether anything had to be written. */
export async function ensure(registry: Registry, one: Wanted, how: WriteContext): Promise<boolean> {
  const { kind, object, merge, replaces } = one;
  const { namespace = "", name = "" } = object.metadata;
  const current = registry.reader.get(kind, namespace, name)?.object;
  if (!current) return create(registry, one, how);
  if (replaces?.(current, object)) {
    const { uid, resourceVersion } = current.metadata;
    await registry.delete(kind, { namespace, name, uid, resourceVersion, ...atOnce }, how);
    return create(registry, one, how);
  }
  const merged = merge(current, object, registry.reader);
  if (!merged || equal(merged, current)) return false;
  await registry.change(
    kind,
    { namespace, name, edit: (newest) => merge(newest, object, registry.reader) ?? newest },
    how,
  );
  return true;
}

const atOnce = { gracePeriodSeconds: undefined, propagationPolicy: undefined } as const;

/** Another server may have been faster; then it is mended at the next start, if need be. */
async function create(registry: Registry, { kind, draft }: Wanted, how: WriteContext) {
  try {
    await registry.create(kind, draft(), how);
    return true;
  } catch (error) {
    if (!isReason(error, "AlreadyExists")) throw error;
    return false;
  }
}
