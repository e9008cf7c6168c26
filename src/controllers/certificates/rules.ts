/**
 * What the built-in signers sign. upstream: pkg/controller/certificates/signer/signer.go,
 * pkg/apis/certificates/helpers.go
 */
import type { CertificateSigningRequest } from "#api/certificates/certificatesigningrequest.ts";
import type { RequestFacts } from "./signer.ts";

export const clientSigner = "kubernetes.io/kube-apiserver-client";
export const kubeletClientSigner = "kubernetes.io/kube-apiserver-client-kubelet";
export const kubeletServingSigner = "kubernetes.io/kubelet-serving";
export const legacySigner = "kubernetes.io/legacy-unknown";

type Check = (facts: RequestFacts, usages: readonly string[]) => string | undefined;

/** What is wrong with a request; undefined when its signer signs it. exact: kube-controller-manager */
export const signerChecks: ReadonlyMap<string, Check> = new Map<string, Check>([
  [clientSigner, (_facts, usages) => clientProblem(usages)],
  [kubeletClientSigner, kubeletClientProblem],
  [kubeletServingSigner, kubeletServingProblem],
  [legacySigner, () => undefined],
]);

const clientUsages: ReadonlySet<string> = new Set([
  "digital signature",
  "key encipherment",
  "client auth",
]);

function clientProblem(usages: readonly string[]): string | undefined {
  const isRight =
    usages.includes("client auth") && usages.every((usage) => clientUsages.has(usage));
  return isRight ? undefined : "usages did not match expected";
}

export function kubeletClientProblem(
  facts: RequestFacts,
  usages: readonly string[],
): string | undefined {
  if (!isOfNodes(facts)) return "subject organization is not system:nodes";
  if (facts.dnsNames.length > 0) return "DNS subjectAltNames are not allowed";
  if (facts.emails.length > 0) return "Email subjectAltNames are not allowed";
  if (facts.addresses.length > 0) return "IP subjectAltNames are not allowed";
  if (facts.urls.length > 0) return "URI subjectAltNames are not allowed";
  if (!isNamedAsNode(facts)) return "subject common name does not begin with system:node:";
  return hasUsages(usages, "client auth") ? undefined : "usages did not match expected";
}

function kubeletServingProblem(facts: RequestFacts, usages: readonly string[]): string | undefined {
  if (!isOfNodes(facts)) return "subject organization is not system:nodes";
  if (facts.dnsNames.length + facts.addresses.length === 0)
    return "DNS or IP subjectAltName is required";
  if (facts.emails.length > 0) return "Email subjectAltNames are not allowed";
  if (facts.urls.length > 0) return "URI subjectAltNames are not allowed";
  if (!hasUsages(usages, "server auth")) return "usages did not match expected";
  return isNamedAsNode(facts) ? undefined : "subject common name does not begin with system:node:";
}

const isOfNodes = ({ organizations }: RequestFacts): boolean =>
  organizations.length === 1 && organizations[0] === "system:nodes";

const isNamedAsNode = ({ commonName }: RequestFacts): boolean =>
  commonName.startsWith("system:node:");

/** RSA keys encipher, others need not. */
const hasUsages = (usages: readonly string[], main: string): boolean =>
  [main, "digital signature"].every((usage) => usages.includes(usage)) &&
  usages.every((usage) => [main, "digital signature", "key encipherment"].includes(usage));

type Conditions = CertificateSigningRequest["status"]["conditions"];

export const hasCondition = (conditions: Conditions, type: string): boolean =>
  conditions?.some((condition) => condition.type === type && condition.status !== "False") ?? false;

export const certificateControllerIdentity = "certificate-controller";
