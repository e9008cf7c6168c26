import { immutableFields, validLabelSelector } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { oldNodeLabels } from "#api/core/node-label-warnings.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { dnsSubdomain, invalidEach, notNegative } from "#api/names.ts";
import { parseQuantity } from "#base/quantity.ts";
import { invalid } from "#schema/field-error.ts";
import { s, typeMeta } from "#schema/struct.ts";

/** upstream: pkg/apis/storage/validation/validation.go#ValidateCSIStorageCapacity */
export const CSIStorageCapacity = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  plural: "csistoragecapacities",
  scope: "Namespaced",
  doc: "How much storage a driver could still give, of one class and for one part of the cluster. The scheduler heeds it.",
  storage: { prefix: "/registry/csistoragecapacities", hash: "xeVl+2Ly1kE=" },
  needsResourceVersion: true,
  schema: s.struct("storage/v1.CSIStorageCapacity", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    nodeTopology: s.object(2, LabelSelector, {
      optional: true,
      doc: "The nodes that can reach the storage. It cannot be changed.",
    }),
    storageClassName: s.string(3, { required: true, doc: "It cannot be changed." }),
    capacity: s.quantity(4, { optional: true, doc: "How much is left." }),
    maximumVolumeSize: s.quantity(5, {
      optional: true,
      doc: "The largest single volume that could be made.",
    }),
  }),

  *validate({ nodeTopology, storageClassName, capacity }) {
    yield* validLabelSelector("nodeTopology", nodeTopology);
    yield* invalidEach("storageClassName", storageClassName, dnsSubdomain(storageClassName));
    if (capacity !== undefined && (parseQuantity(capacity)?.sign() ?? 0) < 0) {
      yield invalid("capacity", capacity, notNegative);
    }
  },

  validateUpdate: (value, old) =>
    immutableFields("", { value, old }, ["nodeTopology", "storageClassName"]),
  warnings: ({ nodeTopology }) => (nodeTopology ? nodeLabelWarnings(nodeTopology) : []),
});

export interface CSIStorageCapacity extends ObjectOf<typeof CSIStorageCapacity> {}

/** upstream: pkg/api/node/util.go#GetWarningsForNodeSelector */
function* nodeLabelWarnings({
  matchExpressions = [],
  matchLabels = {},
}: LabelSelector): Iterable<string> {
  for (const [i, { key }] of matchExpressions.entries()) {
    const hint = oldNodeLabels[key];
    if (hint) yield `nodeTopology.matchExpressions[${i}].key: ${key} is ${hint}`;
  }
  for (const label of Object.keys(matchLabels)) {
    const hint = oldNodeLabels[label];
    if (hint) yield `nodeTopology.matchLabels.${label}: ${hint}`;
  }
}
