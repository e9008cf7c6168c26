/**
 * What a kubelet may write: its own node (but not taints, nor labels by which pods are steered),
 * the status of its own pods, its lease, tokens for its own pods.
 * upstream: plugin/pkg/admission/noderestriction/admission.go
 */
import { Node } from "#api/core/node.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import type { TokenRequest } from "#api/authentication/tokenrequest.ts";
import { Lease } from "#api/coordination/lease.ts";
import { notFound } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { ResourceSlice } from "#api/resource/resourceslice.ts";
import { CSINode } from "#api/storage/csinode.ts";
import { equal } from "#schema/copy.ts";
import { nodeNameOf } from "#apiserver/authz/node.ts";
import { type AdmissionRequest, defineAdmission, refused } from "../admission.ts";
import { nodeLabelProblem, nodeProblem } from "./changes.ts";
import { mirrorPodProblem } from "./mirror-pods.ts";

/** exact: apiserver. The problem with what node `node` does to the object. */
type Check = (object: never, request: NodeRequest) => string | undefined;

export interface NodeRequest extends AdmissionRequest {
  readonly node: string;
}

const own = "set to itself";

const checkPod: Check = (pod: Pod, request) => {
  const { operation, subresource, node } = request;
  switch (subresource) {
    case "":
      if (operation === "CREATE") return mirrorPodProblem(pod, request);
      if (operation === "DELETE")
        return isOwn(oldPod(request), node)
          ? undefined
          : `node ${q(node)} can only delete pods with spec.nodeName ${own}`;
      return `unexpected operation ${q(operation)}, node ${q(node)} can only create and delete mirror pods`;
    case "status":
      return statusProblem(pod, request);
    case "eviction":
      return isOwn(oldPod(request), node)
        ? undefined
        : `node ${node} can only evict pods with spec.nodeName ${own}`;
    default:
      return `unexpected pod subresource ${q(subresource)}, only 'status' and 'eviction' are allowed`;
  }
};

const q = (text: string): string => JSON.stringify(text);

const isOwn = ({ spec }: Pod, node: string): boolean => spec.nodeName === node;

function oldPod({ old, reader, namespace, name }: NodeRequest): Pod {
  const pod = (old as Pod | undefined) ?? reader.get(Pod, namespace, name)?.object;
  if (pod) return pod;
  throw notFound(Pod, name);
}

function statusProblem(pod: Pod, request: NodeRequest): string | undefined {
  const { node, operation } = request;
  if (operation !== "UPDATE") return `unexpected operation ${q(operation)}`;
  const before = oldPod(request);
  if (!isOwn(before, node))
    return `node ${q(node)} can only update pod status for pods with spec.nodeName ${own}`;
  if (!equal(before.metadata.labels ?? {}, pod.metadata.labels ?? {}))
    return `node ${q(node)} cannot update labels through pod status`;
  if (!equal(before.status.resourceClaimStatuses ?? [], pod.status.resourceClaimStatuses ?? []))
    return `node ${q(node)} cannot update resource claim statues`;
  if (!equal(before.status.extendedResourceClaimStatus, pod.status.extendedResourceClaimStatus))
    return `node ${q(node)} cannot update extended resource claim status`;
  return undefined;
}

const checkNode: Check = (node: Node, request) => {
  if (request.name !== request.node)
    return `node ${q(request.node)} is not allowed to modify node ${q(request.name)}`;
  return nodeProblem(node, request) ?? nodeLabelProblem(node, request);
};

const checkClaim: Check = (claim: PersistentVolumeClaim, { node, operation, old, subresource }) => {
  if (subresource !== "status") return "may only update PVC status";
  if (operation !== "UPDATE" || !old) return `unexpected operation ${q(operation)}`;
  return equal(withoutSize(claim), withoutSize(old as PersistentVolumeClaim))
    ? undefined
    : `node ${q(node)} is not allowed to update fields other than status.capacity and status.conditions`;
};

/** What is left when all that a node may change is taken away. */
function withoutSize({ metadata, status, ...rest }: PersistentVolumeClaim): object {
  const { resourceVersion: _v, managedFields: _m, ...kept } = metadata;
  const {
    capacity: _c,
    conditions: _o,
    allocatedResources: _a,
    allocatedResourceStatuses: _s,
    ...keptStatus
  } = status;
  return { ...rest, metadata: kept, status: keptStatus };
}

const checkToken: Check = (token: TokenRequest, { operation, subresource, ...request }) => {
  if (operation !== "CREATE" || subresource !== "token") return undefined;
  const ref = token.spec.boundObjectRef;
  if (ref?.apiVersion !== "v1" || ref.kind !== Pod.kind || !ref.name)
    return "node requested token not bound to a pod";
  if (!ref.uid) return "node requested token with a pod binding without a uid";
  const pod = request.reader.get(Pod, request.namespace, ref.name)?.object;
  if (!pod) throw notFound(Pod, ref.name);
  if (ref.uid !== pod.metadata.uid)
    return `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  return isOwn(pod, request.node)
    ? undefined
    : "node requested token bound to a pod scheduled on a different node";
};

const checkLease: Check = (_: Lease, { namespace, name, node }) => {
  if (namespace !== "kube-node-lease")
    return 'can only access leases in the "kube-node-lease" system namespace';
  return name === node
    ? undefined
    : "can only access node lease with the same name as the requesting node";
};

const checkCsiNode: Check = (_: CSINode, { name, node }) =>
  name === node ? undefined : "can only access CSINode with the same name as the requesting node";

const checkSlice: Check = (slice: ResourceSlice, { operation, old, node }) => {
  if (operation === "UPDATE") return undefined;
  const { nodeName } = operation === "DELETE" ? (old as ResourceSlice).spec : slice.spec;
  if (nodeName === node) return undefined;
  return `can only ${operation.toLowerCase()} ResourceSlice with the same NodeName as the requesting node`;
};

const checks: ReadonlyMap<AnyKind, Check> = new Map<AnyKind, Check>([
  [Pod, checkPod],
  [Node, checkNode],
  [PersistentVolumeClaim, checkClaim],
  [ServiceAccount, checkToken],
  [Lease, checkLease],
  [CSINode, checkCsiNode],
  [ResourceSlice, checkSlice],
]);

export const nodeRestriction = defineAdmission<ApiObject>({
  name: "NodeRestriction",
  on: [...checks.keys()],
  when: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
  subresources: [
    "approval",
    "attach",
    "binding",
    "ephemeralcontainers",
    "eviction",
    "exec",
    "log",
    "portforward",
    "proxy",
    "resize",
    "status",
    "token",
  ],

  validate(object, request) {
    const node = nodeNameOf(request.user);
    if (node === undefined) return;
    if (node === "")
      throw refused(request, `could not determine node from user ${q(request.user.name)}`);
    const problem = checks.get(request.kind)?.(object as never, { ...request, node });
    if (problem !== undefined) throw refused(request, problem);
  },
});
