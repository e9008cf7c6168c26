/** The claims for devices that a pod uses, and what must be so before it can. */
import type { PodResourceClaim } from "#api/core/pod-spec.ts";
import { Pod } from "#api/core/pod.ts";
import type { ApiObject } from "#api/kind.ts";
import type { ResourceClaim } from "#api/resource/resourceclaim.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

/** Keeps an allocated claim until nobody uses it. exact: resource.k8s.io */
export const protection = "resource.kubernetes.io/delete-protection";

/** exact: resource.k8s.io, ResourceClaimReservedForMaxSize */
const consumersMax = 256;

export const hasClaims = ({ pod }: PodInfo): boolean => (pod.spec.resourceClaims?.length ?? 0) > 0;

/** `namespace/name` */
export const claimName = ({ metadata }: ResourceClaim): string =>
  `${metadata.namespace}/${metadata.name}`;

/** Null when the pod is to go without; undefined when the claim is yet to be made. */
function nameOf(
  { status }: Pod,
  { name, resourceClaimName }: PodResourceClaim,
): string | null | undefined {
  if (resourceClaimName) return resourceClaimName;
  const told = status.resourceClaimStatuses?.find((one) => one.name === name);
  return told && (told.resourceClaimName ?? null);
}

export type FindClaim = (namespace: string, name: string) => ResourceClaim | undefined;

/** All of them, or what is wrong with the first bad one. exact: kube-scheduler */
export function claimsOf(
  { pod, namespace, fullName, name: podName }: PodInfo,
  find: FindClaim,
): readonly ResourceClaim[] | string {
  const claims: ResourceClaim[] = [];
  for (const entry of pod.spec.resourceClaims ?? []) {
    const name = nameOf(pod, entry);
    if (name === undefined) return `pod "${fullName}": ResourceClaim not created yet`;
    if (name === null) continue;
    const claim = find(namespace, name);
    if (!claim) return `could not find ResourceClaim "${namespace}/${name}"`;
    if (claim.metadata.deletionTimestamp) return `resourceclaim "${name}" is being deleted`;
    if (!entry.resourceClaimName && !isOwnedBy(claim, pod))
      return `ResourceClaim ${namespace}/${name} was not created for Pod ${namespace}/${podName} (Pod is not owner)`;
    claims.push(claim);
  }
  return claims;
}

const isOwnedBy = ({ metadata }: ResourceClaim, pod: Pod): boolean =>
  (metadata.ownerReferences ?? []).some(
    ({ controller, uid }) => controller === true && uid === pod.metadata.uid,
  );

/** Whether the object is one of the pod's claims. */
export const usesClaim = ({ pod, namespace }: PodInfo, claim: ApiObject | undefined): boolean =>
  claim?.metadata.namespace === namespace &&
  (pod.spec.resourceClaims ?? []).some((entry) => nameOf(pod, entry) === claim.metadata.name);

export const isReservedFor = ({ status }: ResourceClaim, uid: string): boolean =>
  (status.reservedFor ?? []).some((consumer) => consumer.uid === uid);

export const canBeReserved = ({ status }: ResourceClaim): boolean =>
  (status.reservedFor?.length ?? 0) < consumersMax;

export const referenceTo = ({ name, uid }: PodInfo) => ({ resource: Pod.plural, name, uid });
