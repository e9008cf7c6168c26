import { ageColumn, nameColumn } from "#api/columns.ts";
import { nonNegative } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { labelKey, invalidEach } from "#api/names.ts";
import { child, type FieldError, forbidden, invalid, notSupported } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

/** upstream: pkg/apis/coordination/validation/validation.go#ValidateLeaseSpec */
export const LeaseSpec = s.struct(
  "coordination/v1.LeaseSpec",
  {
    holderIdentity: s.string(1, { optional: true, doc: "Who holds the lease now." }),
    leaseDurationSeconds: s.int32(2, {
      optional: true,
      doc: "How long others must wait after the last renewal before they may take the lease.",
    }),
    acquireTime: s.microTime(3, { optional: true, doc: "When the holder took the lease." }),
    renewTime: s.microTime(4, { optional: true, doc: "When the holder last renewed the lease." }),
    leaseTransitions: s.int32(5, {
      optional: true,
      doc: "How often the lease went from one holder to another.",
    }),
    strategy: s.string(6, { optional: true, gate: "CoordinatedLeaderElection" }),
    preferredHolder: s.string(7, { optional: true, gate: "CoordinatedLeaderElection" }),
  },
  {
    *validate({ leaseDurationSeconds, leaseTransitions, strategy, preferredHolder }, at) {
      if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
        yield invalid(
          child(at, "leaseDurationSeconds"),
          leaseDurationSeconds,
          "must be greater than 0",
        );
      }
      yield* nonNegative(child(at, "leaseTransitions"), leaseTransitions);
      if (strategy !== undefined) yield* validStrategy(child(at, "strategy"), strategy);
      if (preferredHolder && !strategy) {
        yield forbidden(
          child(at, "preferredHolder"),
          "may only be specified if `strategy` is defined",
        );
      }
    },
  },
);

export interface LeaseSpec extends ValueOf<typeof LeaseSpec> {}

/** A name of Kubernetes' own, or a qualified one. Reported a level too deep, as upstream does. */
function* validStrategy(path: string, strategy: string): Iterable<FieldError> {
  const here = child(path, "strategy");
  if (strategy.includes("/")) yield* invalidEach(here, strategy, labelKey(strategy));
  else if (strategy !== "OldestEmulationVersion") {
    yield notSupported(here, strategy, ["OldestEmulationVersion"]);
  }
}

export const Lease = defineKind({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  scope: "Namespaced",
  doc: "A claim that must be renewed: the heartbeat of a node, or the leadership of one among several copies of a controller.",
  // A lease is renewed every few seconds: a lost renewal is made good by the next one.
  storage: { prefix: "/registry/leases", hash: "gqkMMb/YqFM=", lazy: true },
  createsOnUpdate: true,
  needsResourceVersion: true,
  schema: s.struct("coordination/v1.Lease", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, LeaseSpec),
  }),

  columns: [
    nameColumn,
    { name: "Holder", type: "string", cell: ({ spec }) => spec.holderIdentity ?? "" },
    ageColumn,
  ],
});

export interface Lease extends ObjectOf<typeof Lease> {}
