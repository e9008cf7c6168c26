/** What a kubelet's own pods must look like in the API. exact: apiserver, all texts. */
import { isMirrorPod, mirrorAnnotation } from "#api/core/pod-conditions.ts";
import { Node } from "#api/core/node.ts";
import type { Pod } from "#api/core/pod.ts";
import type { Volume } from "#api/core/volume-sources.ts";
import { notFound } from "#api/errors.ts";
import { podReferences } from "#apiserver/authz/pod-references.ts";
import type { NodeRequest } from "./restriction.ts";

const q = (text: string): string => JSON.stringify(text);

export function mirrorPodProblem(pod: Pod, request: NodeRequest): string | undefined {
  const { node } = request;
  if (!isMirrorPod(pod))
    return `pod does not have ${q(mirrorAnnotation)} annotation, node ${q(node)} can only create mirror pods`;
  if (pod.spec.nodeName !== node)
    return `node ${q(node)} can only create pods with spec.nodeName set to itself`;
  return ownerProblem(pod, request) ?? referenceProblem(pod, node);
}

function ownerProblem({ metadata }: Pod, { node, reader }: NodeRequest): string | undefined {
  const [owner, ...others] = metadata.ownerReferences ?? [];
  if (others.length > 0)
    return `node ${q(node)} can only create pods with a single owner reference set to itself`;
  if (owner?.apiVersion !== "v1" || owner.kind !== Node.kind || owner.name !== node)
    return `node ${q(node)} can only create pods with an owner reference set to itself`;
  if (owner.controller !== true)
    return `node ${q(node)} can only create pods with a controller owner reference set to itself`;
  if (owner.blockOwnerDeletion === true)
    return `node ${q(node)} must not set blockOwnerDeletion on an owner reference`;
  const own = reader.get(Node, "", node)?.object;
  if (!own) throw notFound(Node, node);
  if (owner.uid !== own.metadata.uid)
    return `node ${node} UID mismatch: expected ${owner.uid} got ${own.metadata.uid}`;
  return undefined;
}

/** By naming other objects in a pod, a node could make them readable for itself. */
function referenceProblem(pod: Pod, node: string): string | undefined {
  const found = referenceIn(pod);
  return found && `node ${q(node)} can not create pods that reference ${found}`;
}

/** The plural of what is named first. upstream: pkg/api/pod/util.go#HasAPIObjectReference */
function referenceIn(pod: Pod): string | undefined {
  const { serviceAccountName, resourceClaims = [], volumes = [] } = pod.spec;
  const { secrets, configMaps } = podReferences(pod);
  if (serviceAccountName) return "serviceaccounts";
  if (secrets.size > 0) return "secrets";
  if (configMaps.size > 0) return "configmaps";
  if (resourceClaims.length > 0) return "resourceclaims";
  return volumes.map(referenceOf).find((one) => one !== undefined);
}

function referenceOf(volume: Volume): string | undefined {
  if (volume.csi) return "csidrivers (via CSI volumes)";
  if (volume.glusterfs) return "endpoints (via glusterFS volumes)";
  if (volume.persistentVolumeClaim) return "persistentvolumeclaims";
  if (volume.ephemeral) return "persistentvolumeclaims (via ephemeral volumes)";
  for (const source of volume.projected?.sources ?? []) {
    if (source.serviceAccountToken) return "serviceaccounts (via projected volumes)";
    if (source.clusterTrustBundle) return "clustertrustbundles";
    if (source.podCertificate) return "podcertificates";
  }
  return undefined;
}
