import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const LeaseSpec = s.struct("coordination/v1.LeaseSpec", {
  holderIdentity: s.string(1, { optional: true }),
  leaseDurationSeconds: s.int32(2, { optional: true }),
  acquireTime: s.microTime(3, { optional: true }),
  renewTime: s.microTime(4, { optional: true }),
  leaseTransitions: s.int32(5, { optional: true }),
  strategy: s.string(6, { optional: true, gate: "CoordinatedLeaderElection" }),
  preferredHolder: s.string(7, { optional: true, gate: "CoordinatedLeaderElection" }),
});

export interface LeaseSpec extends ValueOf<typeof LeaseSpec> {}

export const Lease = defineKind({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  scope: "Namespaced",
  storage: { prefix: "/registry/leases", hash: "gqkMMb/YqFM=" },
  schema: s.struct("coordination/v1.Lease", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, LeaseSpec),
  }),
});

export interface Lease extends ObjectOf<typeof Lease> {}
