/**
 * Who may approve and sign certificate requests, and what may never be asked for.
 * upstream: plugin/pkg/admission/certificates
 */
import { CertificateSigningRequest } from "#api/certificates/certificatesigningrequest.ts";
import { fillConditionTimes, setRequestor } from "#api/certificates/signing-rules.ts";
import type { User } from "#api/request.ts";
import { formatTime } from "#base/clock.ts";
import { loadX509 } from "#base/x509-library.ts";
import { equal } from "#schema/copy.ts";
import { nodePrefix } from "../authn/groups.ts";
import type { Authorizer } from "../authz/authorizer.ts";
import { nodeNameOf } from "../authz/node.ts";
import { type Admission, type AdmissionRequest, defineAdmission, refused } from "./admission.ts";

type Request = AdmissionRequest<CertificateSigningRequest>;

/** Roles name signers, or all signers of a domain: `example.com/*`. */
async function maySign(
  authorizer: Authorizer,
  user: User,
  [verb, signer]: readonly [string, string],
): Promise<boolean> {
  const domain = signer.split("/", 1)[0] ?? "";
  for (const name of [signer, `${domain}/*`]) {
    const { allowed } = await authorizer.authorize({ user, verb, name, ...signers });
    if (allowed) return true;
  }
  return false;
}

const signers = {
  isResource: true,
  path: "",
  group: "certificates.k8s.io",
  version: "*",
  resource: "signers",
  subresource: "",
  namespace: "",
} as const;

/** Who asks, and when something was decided, is for the server to say. */
export const certificateRequestor = defineAdmission<CertificateSigningRequest>({
  name: "CertificateRequestor",
  on: [CertificateSigningRequest],
  when: ["CREATE", "UPDATE"],
  subresources: ["approval", "status"],

  mutate({ spec, status }, { operation, old, user, now }) {
    if (operation === "CREATE") setRequestor(spec, requestorOf(user));
    else if (old) fillConditionTimes(status, old.status, formatTime(now));
  },
});

const requestorOf = ({ name, uid, groups, extra }: User) => ({
  username: name,
  ...(uid ? { uid } : {}),
  ...(groups.length > 0 ? { groups } : {}),
  ...(extra && Object.keys(extra).length > 0 ? { extra } : {}),
});

export const certificateApproval = (authorizer: Authorizer): Admission<CertificateSigningRequest> =>
  Object.freeze({
    name: "CertificateApproval",
    on: [CertificateSigningRequest],
    when: ["UPDATE"] as const,
    subresources: ["approval"],

    async validate(_: CertificateSigningRequest, request: Request) {
      const signer = request.old?.spec.signerName ?? "";
      if (request.subresource !== "approval") return;
      if (await maySign(authorizer, request.user, ["approve", signer])) return;
      // exact: apiserver
      throw refused(
        request,
        `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`,
      );
    },
  });

export const certificateSigning = (authorizer: Authorizer): Admission<CertificateSigningRequest> =>
  Object.freeze({
    name: "CertificateSigning",
    on: [CertificateSigningRequest],
    when: ["UPDATE"] as const,
    subresources: ["status"],

    async validate({ status }: CertificateSigningRequest, request: Request) {
      const { old, subresource } = request;
      if (subresource !== "status" || !old || isSame(status, old.status)) return;
      const signer = old.spec.signerName;
      if (await maySign(authorizer, request.user, ["sign", signer])) return;
      // exact: apiserver
      throw refused(
        request,
        `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`,
      );
    },
  });

type Status = CertificateSigningRequest["status"];

/** Only the certificate, or a verdict, makes a signature. */
const isSame = (a: Status, b: Status): boolean =>
  a.certificate === b.certificate && equal(a.conditions ?? [], b.conditions ?? []);

const apiServerClient = "kubernetes.io/kube-apiserver-client";

export const certificateSubjectRestriction = defineAdmission<CertificateSigningRequest>({
  name: "CertificateSubjectRestriction",
  on: [CertificateSigningRequest],
  when: ["CREATE"],

  async validate({ spec }, request) {
    if (spec.signerName !== apiServerClient) return;
    const { organizations } = await subjectOf(spec.request, request);
    if (!organizations.includes("system:masters")) return;
    // exact: apiserver
    throw refused(
      request,
      `use of ${apiServerClient} signer with system:masters group is not allowed`,
    );
  },
});

const nodeSigners: ReadonlySet<string> = new Set([
  "kubernetes.io/kubelet-serving",
  "kubernetes.io/kube-apiserver-client-kubelet",
]);

/** A node asks for certificates in its own name only. */
export const nodeCertificateRestriction = defineAdmission<CertificateSigningRequest>({
  name: "NodeRestriction",
  on: [CertificateSigningRequest],
  when: ["CREATE"],

  async validate({ spec }, request) {
    const node = nodeNameOf(request.user);
    if (node === undefined || !nodeSigners.has(spec.signerName)) return;
    const { commonName } = await subjectOf(spec.request, request);
    const wanted = nodePrefix + node;
    if (commonName !== wanted)
      throw refused(request, `can only create a node CSR with CN=${wanted}`);
  },
});

interface Subject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/**
 * Of a request in PEM, in base64. Throws the plugin's refusal when it cannot be read. */
async function subjectOf(request: string, asking: Request): Promise<Subject> {
  const { Pkcs10CertificateRequest } = await loadX509();
  const pem = Buffer.from(request, "base64").toString();
  try {
    const { subjectName } = new Pkcs10CertificateRequest(pem);
    return {
      commonName: subjectName.getField("CN")[0] ?? "",
      organizations: subjectName.getField("O"),
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "it is no certificate request";
    throw refused(asking, `unable to parse csr: ${why}`);
  }
}
