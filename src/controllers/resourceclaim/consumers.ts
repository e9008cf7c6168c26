/** Who uses claims: pods, and whoever else says so. */
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import type { ResourceClaimConsumerReference } from "#api/resource/resourceclaim.ts";

// exact: resource.k8s.io
export const claimNameAnnotation = "resource.kubernetes.io/pod-claim-name";

export const referenceTo = ({ metadata }: Pod): ResourceClaimConsumerReference => ({
  resource: Pod.plural,
  name: metadata.name ?? "",
  uid: metadata.uid ?? "",
});

export const isPodReference = ({ apiGroup = "", resource }: ResourceClaimConsumerReference) =>
  apiGroup === "" && resource === Pod.plural;

/** It has ended, or goes without ever having had a node. */
export const isDone = (pod: Pod): boolean =>
  isPodTerminal(pod) || (pod.metadata.deletionTimestamp !== undefined && !pod.spec.nodeName);
