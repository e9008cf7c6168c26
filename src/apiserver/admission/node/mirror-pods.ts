/** What a kubelet's own pods must look like in the API. exact: apiserver, all texts. */
import { isMirrorPod, mirrorAnnotation } from "#api/core/pod-conditions.ts";
import { Node } from "#api/core/node.ts";
import type { Pod } from "#api/core/pod.ts";
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
  const references = podReferences(pod);
  const named: readonly (readonly [boolean, string])[] = [
    [!!pod.spec.serviceAccountName, "a service account"],
    [references.secrets.size > 0, "secrets"],
    [references.configMaps.size > 0, "configmaps"],
    [references.trustsBundles, "clustertrustbundles"],
    [references.claims.size > 0, "persistentvolumeclaims"],
  ];
  const found = named.find(([isNamed]) => isNamed)?.[1];
  return found && `node ${q(node)} can not create pods that reference ${found}`;
}
