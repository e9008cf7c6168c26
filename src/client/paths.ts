/** Where the API serves what. */
import { assert } from "#base/assert.ts";
import type { AnyKind } from "#api/kind.ts";

export interface Place {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/** `/api/v1`, `/apis/apps/v1`. */
export const groupPath = ({ group, version }: Pick<AnyKind, "group" | "version">): string =>
  group === "" ? `/api/${version}` : `/apis/${group}/${version}`;

/** Of the collection; of one object when `name` is given. */
export function pathOf(kind: AnyKind, { namespace, name, subresource }: Place): string {
  const isNamespaced = kind.scope === "Namespaced";
  assert(
    !isNamespaced || name === undefined || namespace,
    `${kind.plural} are namespaced: ${name} needs a namespace`,
  );
  let path = groupPath(kind);
  if (isNamespaced && namespace) path += `/namespaces/${encodeURIComponent(namespace)}`;
  path += `/${kind.plural}`;
  if (name !== undefined) path += `/${encodeURIComponent(name)}`;
  if (subresource) path += `/${subresource}`;
  return path;
}
