import { ageColumn, humanDuration, nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { keepApproval, validCertificateStatus, validSigningRequest } from "./signing-rules.ts";

export const CertificateSigningRequestCondition = s.struct(
  "certificates/v1.CertificateSigningRequestCondition",
  {
    type: s.string(1, { required: true, doc: "Approved, Denied or Failed, or any other word." }),
    status: s.string(6, {
      required: true,
      doc: "True, False or Unknown; decisions are only True.",
    }),
    reason: s.string(2),
    message: s.string(3),
    lastUpdateTime: s.time(4),
    lastTransitionTime: s.time(5),
  },
);

export interface CertificateSigningRequestCondition extends ValueOf<
  typeof CertificateSigningRequestCondition
> {}

export const CertificateSigningRequestSpec = s.struct(
  "certificates/v1.CertificateSigningRequestSpec",
  {
    request: s.bytes(1, {
      required: true,
      doc: "A PKCS #10 request in a PEM block of type CERTIFICATE REQUEST.",
    }),
    signerName: s.string(7, {
      required: true,
      doc: "Who is asked to sign, as in kubernetes.io/kube-apiserver-client.",
    }),
    expirationSeconds: s.int32(8, {
      optional: true,
      doc: "How long the certificate should be valid; the signer may decide otherwise.",
    }),
    usages: s.list(
      5,
      {
        oneOf: [
          "any",
          "cert sign",
          "client auth",
          "code signing",
          "content commitment",
          "crl sign",
          "data encipherment",
          "decipher only",
          "digital signature",
          "email protection",
          "encipher only",
          "ipsec end system",
          "ipsec tunnel",
          "ipsec user",
          "key agreement",
          "key encipherment",
          "microsoft sgc",
          "netscape sgc",
          "ocsp signing",
          "s/mime",
          "server auth",
          "signing",
          "timestamping",
        ],
      },
      { listType: "atomic", doc: "What the key may be used for." },
    ),
    username: s.string(2, { doc: "Who asked; the server fills it in." }),
    uid: s.string(3),
    groups: s.list(4, "string", { listType: "atomic" }),
    extra: s.map(6, "wrappedStrings"),
  },
);

export interface CertificateSigningRequestSpec extends ValueOf<
  typeof CertificateSigningRequestSpec
> {}

export const CertificateSigningRequestStatus = s.struct(
  "certificates/v1.CertificateSigningRequestStatus",
  {
    conditions: s.list(1, CertificateSigningRequestCondition, { listType: "map", keys: ["type"] }),
    certificate: s.bytes(2, { doc: "What was issued, in PEM; it is set once." }),
  },
);

export interface CertificateSigningRequestStatus extends ValueOf<
  typeof CertificateSigningRequestStatus
> {}

/** upstream: pkg/registry/certificates/certificates/strategy.go */
export const CertificateSigningRequest = defineKind({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  plural: "certificatesigningrequests",
  shortNames: ["csr"],
  scope: "Cluster",
  doc: "Asks a signer for a certificate. Somebody approves or denies it, then the signer puts the certificate into the status. Nothing in the request itself can be changed.",
  storage: { prefix: "/registry/certificatesigningrequests", hash: "95fRKMXA+00=" },
  nameRule: () => [],
  schema: s.struct("certificates/v1.CertificateSigningRequest", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, CertificateSigningRequestSpec, { required: true }),
    status: s.object(3, CertificateSigningRequestStatus),
  }),
  status: {
    prepare: (draft, old) => keepApproval(draft.status, old.status),
    validate: ({ status }, old) =>
      validCertificateStatus(
        { status, old: old.status },
        { maySetCertificate: true, mayDecide: false },
      ),
  },

  prepareForCreate({ spec }) {
    for (const name of ["username", "uid", "groups", "extra"] as const) delete spec[name];
  },
  prepareForUpdate(draft, old) {
    draft.spec = old.spec as typeof draft.spec;
  },
  validateCreate: ({ spec }) => validSigningRequest(spec),

  selectableFields: { "spec.signerName": ({ spec }) => spec.signerName },
  columns: [
    nameColumn,
    ageColumn,
    { name: "SignerName", type: "string", cell: ({ spec }) => spec.signerName || "<none>" },
    { name: "Requestor", type: "string", cell: ({ spec }) => spec.username ?? "" },
    {
      name: "RequestedDuration",
      type: "string",
      cell: ({ spec: { expirationSeconds } }) =>
        expirationSeconds === undefined ? "<none>" : humanDuration(expirationSeconds * 1000),
    },
    { name: "Condition", type: "string", cell: ({ status }) => progress(status) },
  ],
});

export interface CertificateSigningRequest extends ObjectOf<typeof CertificateSigningRequest> {}

function progress({ conditions = [], certificate }: CertificateSigningRequestStatus): string {
  const has = (type: string) => conditions.some((condition) => condition.type === type);
  const decision = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending";
  return `${decision}${has("Failed") ? ",Failed" : ""}${certificate ? ",Issued" : ""}`;
}
