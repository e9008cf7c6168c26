import type { ApiObject } from "#api/kind.ts";
import { PartialObjectMetadata } from "#api/meta/table.ts";
import type { Sealed } from "#api/request.ts";
import { ComputedObject } from "../sealed.ts";

const made = new WeakMap<Sealed, Sealed>();

/** The object without its content: what controllers that only follow owners and labels ask for. */
export function metadataOnly(sealed: Sealed): Sealed {
  const known = made.get(sealed);
  if (known) return known;
  const object: ApiObject = {
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: sealed.object.metadata,
  };
  const partial = new ComputedObject(PartialObjectMetadata, object, sealed.revision);
  made.set(sealed, partial);
  return partial;
}
