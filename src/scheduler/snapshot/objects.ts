/** Objects of other kinds that plugins look at: claims, services, namespaces. */
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";

export interface Objects {
  readonly get: <T extends ApiObject>(
    kind: Kind<T>,
    namespace: string | undefined,
    name: string,
  ) => T | undefined;
  /** In all namespaces when `namespace` is absent. */
  readonly list: <T extends ApiObject>(kind: Kind<T>, namespace?: string) => readonly T[];
  /** Grows with every change to objects of the kind. */
  readonly version: (kind: AnyKind) => number;
}
