/** What a kubelet may not do to its own node. exact: apiserver, all texts. */
import type { Node } from "#api/core/node.ts";
import { equal } from "#schema/copy.ts";
import type { NodeRequest } from "./restriction.ts";

const q = (text: string): string => JSON.stringify(text);

export function nodeProblem(now: Node, request: NodeRequest): string | undefined {
  const { node, operation } = request;
  const old = request.old as Node | undefined;
  if (operation === "CREATE" && now.spec.configSource)
    return `node ${q(node)} is not allowed to create pods with a non-nil configSource`;
  if (operation !== "UPDATE" || !old) return undefined;
  if (now.spec.configSource && !equal(now.spec.configSource, old.spec.configSource))
    return `node ${q(node)} is not allowed to update configSource to a new non-nil configSource`;
  // It could drive pods away, or lure some that it should not have.
  if (!isSameList(now.spec.taints, old.spec.taints))
    return `node ${q(node)} is not allowed to modify taints`;
  // An owner that is gone takes it with it: it would come back with whatever taints and labels it likes.
  if (!isSameList(now.metadata.ownerReferences, old.metadata.ownerReferences))
    return `node ${q(node)} is not allowed to modify ownerReferences`;
  return undefined;
}

const isSameList = (a: readonly unknown[] = [], b: readonly unknown[] = []): boolean => equal(a, b);

/** By labels pods are steered to nodes: a node may not make itself attractive. */
export function nodeLabelProblem({ metadata }: Node, request: NodeRequest): string | undefined {
  const { node, operation, old } = request;
  if (operation !== "CREATE" && operation !== "UPDATE") return undefined;
  const [labels, before] = [metadata.labels ?? {}, old?.metadata.labels ?? {}];
  const changed = Object.keys({ ...labels, ...before }).filter(
    (key) => labels[key] !== before[key],
  );
  const forbidden = changed.filter(isForbidden).sort().join(", ");
  if (forbidden === "") return undefined;
  return operation === "CREATE"
    ? `node ${q(node)} is not allowed to set the following labels: ${forbidden}`
    : `is not allowed to modify labels: ${forbidden}`;
}

function isForbidden(key: string): boolean {
  const domain = key.includes("/") ? (key.split("/", 1)[0] ?? "") : "";
  if (isWithin(domain, "node-restriction.kubernetes.io")) return true;
  const isReserved = isWithin(domain, "kubernetes.io") || isWithin(domain, "k8s.io");
  return isReserved && !isKubeletLabel(key, domain);
}

const isWithin = (domain: string, parent: string): boolean =>
  domain === parent || domain.endsWith(`.${parent}`);

/** upstream: staging/src/k8s.io/kubelet/pkg/apis/well_known_labels.go */
const kubeletLabels: ReadonlySet<string> = new Set([
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/instance-type",
  "beta.kubernetes.io/os",
  "failure-domain.beta.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "kubernetes.io/arch",
  "kubernetes.io/hostname",
  "kubernetes.io/os",
  "node.kubernetes.io/instance-type",
  "node.kubernetes.io/windows-build",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
]);

const isKubeletLabel = (key: string, domain: string): boolean =>
  kubeletLabels.has(key) ||
  isWithin(domain, "kubelet.kubernetes.io") ||
  isWithin(domain, "node.kubernetes.io");
