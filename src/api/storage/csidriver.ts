import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const TokenRequest = s.struct("storage/v1.TokenRequest", {
  audience: s.string(1, { required: true }),
  expirationSeconds: s.int64(2, { optional: true }),
});

export interface TokenRequest extends ValueOf<typeof TokenRequest> {}

export const CSIDriverSpec = s.struct("storage/v1.CSIDriverSpec", {
  attachRequired: s.boolean(1, { optional: true }),
  podInfoOnMount: s.boolean(2, { optional: true }),
  volumeLifecycleModes: s.list(3, "string", { listType: "set" }),
  storageCapacity: s.boolean(4, { optional: true, gate: "CSIStorageCapacity" }),
  fsGroupPolicy: s.string(5, { optional: true }),
  tokenRequests: s.list(6, TokenRequest, { listType: "atomic" }),
  requiresRepublish: s.boolean(7, { optional: true }),
  seLinuxMount: s.boolean(8, { optional: true, gate: "SELinuxMountReadWriteOncePod" }),
  nodeAllocatableUpdatePeriodSeconds: s.int64(9, {
    optional: true,
    gate: "MutableCSINodeAllocatableCount",
  }),
  serviceAccountTokenInSecrets: s.boolean(10, {
    optional: true,
    gate: "CSIServiceAccountTokenSecrets",
  }),
  preventPodSchedulingIfMissing: s.boolean(11, { optional: true, gate: "VolumeLimitScaling" }),
});

export interface CSIDriverSpec extends ValueOf<typeof CSIDriverSpec> {}

export const CSIDriver = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  plural: "csidrivers",
  scope: "Cluster",
  storage: { prefix: "/registry/csidrivers", hash: "hL6j/rwBV5w=" },
  deleteReturnsObject: true,
  schema: s.struct("storage/v1.CSIDriver", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, CSIDriverSpec, { required: true }),
  }),
});

export interface CSIDriver extends ObjectOf<typeof CSIDriver> {}
