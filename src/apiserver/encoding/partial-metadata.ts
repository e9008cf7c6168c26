import type { ApiObject } from "#api/kind.ts";
import { PartialObjectMetadata } from "#api/meta/table.ts";
import type { Sealed } from "#api/request.ts";
import { ComputedObject } from "../sealed.ts";
import type { ViewVersion } from "./accept.ts";

/** Those of the version that everybody asks for. */
const made = new WeakMap<Sealed, Sealed>();

/** The object without its content: what controllers that only follow owners and labels ask for. */
export function metadataOnly(sealed: Sealed, version: ViewVersion): Sealed {
  const known = version === "v1" ? made.get(sealed) : undefined;
  if (known) return known;
  const object: ApiObject = {
    kind: "PartialObjectMetadata",
    apiVersion: `meta.k8s.io/${version}`,
    metadata: sealed.object.metadata,
  };
  const partial = new ComputedObject(PartialObjectMetadata, object, sealed.revision);
  if (version === "v1") made.set(sealed, partial);
  return partial;
}
