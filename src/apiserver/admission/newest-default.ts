import type { ApiObject, Kind } from "#api/kind.ts";
import type { Reader } from "../registry/registry.ts";

/** Of several objects marked as the default, the one made last; then the first by name. */
export function newestDefault<T extends ApiObject>(
  reader: Reader,
  kind: Kind<T>,
  annotations: readonly string[],
): T | undefined {
  const madeAt = ({ metadata }: T): number => Date.parse(metadata.creationTimestamp ?? "") || 0;
  return reader
    .list(kind, "")
    .map(({ object }) => object)
    .filter(({ metadata }) => annotations.some((key) => metadata.annotations?.[key] === "true"))
    .toSorted((a, b) => madeAt(b) - madeAt(a))[0];
}
