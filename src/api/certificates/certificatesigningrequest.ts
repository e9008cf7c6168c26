import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const CertificateSigningRequestCondition = s.struct(
  "certificates/v1.CertificateSigningRequestCondition",
  {
    type: s.string(1, { required: true }),
    status: s.string(6, { required: true }),
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
    request: s.bytes(1, { required: true }),
    signerName: s.string(7, { required: true }),
    expirationSeconds: s.int32(8, { optional: true }),
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
      { listType: "atomic" },
    ),
    username: s.string(2),
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
    certificate: s.bytes(2),
  },
);

export interface CertificateSigningRequestStatus extends ValueOf<
  typeof CertificateSigningRequestStatus
> {}

export const CertificateSigningRequest = defineKind({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  plural: "certificatesigningrequests",
  shortNames: ["csr"],
  scope: "Cluster",
  storage: { prefix: "/registry/certificatesigningrequests", hash: "95fRKMXA+00=" },
  schema: s.struct("certificates/v1.CertificateSigningRequest", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, CertificateSigningRequestSpec, { required: true }),
    status: s.object(3, CertificateSigningRequestStatus),
  }),
  status: {},
});

export interface CertificateSigningRequest extends ObjectOf<typeof CertificateSigningRequest> {}
