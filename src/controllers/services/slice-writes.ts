/** Brings one EndpointSlice to what it should hold: for whoever makes slices of something. */
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { isSame } from "#client/canonical.ts";
import { create, type Effect, update } from "../runtime/effects.ts";
import { controllerReference } from "../runtime/ownership.ts";
import type { IpFamily } from "./backends.ts";
import type { SliceContent } from "./packing.ts";
import { withTrigger } from "./trigger-time.ts";

export const serviceNameLabel = "kubernetes.io/service-name";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";

export interface SliceOwner {
  readonly kind: AnyKind;
  readonly object: ApiObject;
}

export interface SliceWriting {
  readonly addressType: IpFamily;
  readonly content: SliceContent;
  readonly labels: Readonly<Record<string, string>>;
  /** Left as they are when absent. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** When the change came about, should this be one. */
  readonly trigger?: string | undefined;
}

export function writeSlice({ kind, object }: SliceOwner, writing: SliceWriting): readonly Effect[] {
  const { addressType, content, labels, annotations, trigger } = writing;
  const { from, endpoints, ports } = content;
  const noted = withTrigger(annotations ?? from?.metadata.annotations, trigger);
  if (from) {
    const isSettled =
      isSame(from.endpoints, endpoints) &&
      isSame(from.ports, ports) &&
      isSame(from.metadata.labels, labels) &&
      (!annotations || isSame(from.metadata.annotations ?? {}, annotations));
    const metadata = { ...from.metadata, labels, annotations: noted };
    return isSettled ? [] : [update(EndpointSlice, { ...from, metadata, endpoints, ports })];
  }
  // What is made for an owner on its way out would only be in the garbage collector's way.
  if (object.metadata.deletionTimestamp) return [];
  const { namespace, name } = object.metadata;
  const metadata = {
    generateName: `${name}-`,
    namespace,
    labels,
    ...(noted ? { annotations: noted } : {}),
    ownerReferences: [controllerReference(kind, object)],
  };
  return [create(EndpointSlice, { metadata, addressType, endpoints, ports })];
}
