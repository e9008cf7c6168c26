import { ageColumn } from "#api/columns.ts";
import { TopologySelectorTerm } from "#api/core/node-selector.ts";
import { oldNodeLabels } from "#api/core/node-label-warnings.ts";
import { classNameColumn } from "#api/default-class.ts";
import { immutableFields } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { invalidEach, labelKey } from "#api/names.ts";
import { equal } from "#schema/copy.ts";
import {
  child,
  duplicate,
  type FieldError,
  index,
  notSupported,
  required,
} from "#schema/field-error.ts";
import { s, typeMeta } from "#schema/struct.ts";
import { validParameters, validProvisioner } from "./class-parameters.ts";

/** Mark the class of claims that name none; the second is of the beta days. */
export const defaultClassAnnotations = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
] as const;

const reclaimPolicies = ["Delete", "Retain"];

/** upstream: pkg/apis/storage/validation/validation.go#ValidateStorageClass */
export const StorageClass = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  plural: "storageclasses",
  shortNames: ["sc"],
  scope: "Cluster",
  doc: "A kind of storage on offer: which driver makes the volumes, with which parameters. Claims choose it by name.",
  storage: { prefix: "/registry/storageclasses", hash: "K+m6uJwbjGY=" },
  deleteReturnsObject: true,
  schema: s.struct(
    "storage/v1.StorageClass",
    {
      ...typeMeta,
      metadata: s.object(1, ObjectMeta),
      provisioner: s.string(2, { required: true, doc: "The driver that makes the volumes." }),
      parameters: s.map(3, "string", { doc: "What the driver is told." }),
      reclaimPolicy: s.oneOf(4, ["Delete", "Recycle", "Retain"], {
        optional: true,
        checkedByOwner: true,
        doc: "What becomes of a volume when its claim is deleted.",
      }),
      mountOptions: s.list(5, "string", { listType: "atomic" }),
      allowVolumeExpansion: s.boolean(6, {
        optional: true,
        doc: "Whether claims may ask for more later.",
      }),
      volumeBindingMode: s.oneOf(7, ["Immediate", "WaitForFirstConsumer"], {
        optional: true,
        doc: "Whether a volume is made at once, or where the first pod that uses it is scheduled.",
      }),
      allowedTopologies: s.list(8, TopologySelectorTerm, {
        listType: "atomic",
        doc: "Where volumes may be made. Empty: anywhere.",
      }),
    },
    {
      defaults(draft) {
        draft.reclaimPolicy ??= "Delete";
        draft.volumeBindingMode ??= "Immediate";
      },
    },
  ),

  *validate({ provisioner, parameters = {}, reclaimPolicy, allowedTopologies = [] }) {
    yield* validProvisioner("provisioner", provisioner);
    yield* validParameters("parameters", parameters);
    // exact: an empty one is none.
    if (reclaimPolicy && !reclaimPolicies.includes(reclaimPolicy)) {
      yield notSupported("reclaimPolicy", reclaimPolicy, reclaimPolicies);
    }
    yield* validTopologies(allowedTopologies);
  },

  validateUpdate: (value, old) =>
    immutableFields("", { value, old }, [
      "parameters",
      "provisioner",
      "reclaimPolicy",
      "volumeBindingMode",
    ]),
  warnings: ({ allowedTopologies }) => topologyWarnings(allowedTopologies ?? []),

  columns: [
    classNameColumn(defaultClassAnnotations),
    { name: "Provisioner", type: "string", cell: ({ provisioner }) => provisioner },
    { name: "ReclaimPolicy", type: "string", cell: (sc) => sc.reclaimPolicy ?? "Delete" },
    {
      name: "VolumeBindingMode",
      type: "string",
      cell: (sc) => sc.volumeBindingMode ?? "Immediate",
    },
    {
      name: "AllowVolumeExpansion",
      type: "string",
      cell: (sc) => sc.allowVolumeExpansion ?? false,
    },
    ageColumn,
  ],
});

export interface StorageClass extends ObjectOf<typeof StorageClass> {}

/** upstream: pkg/api/storage/util.go#GetWarningsForStorageClass */
function* topologyWarnings(terms: readonly TopologySelectorTerm[]): Iterable<string> {
  for (const [i, { matchLabelExpressions = [] }] of terms.entries()) {
    const path = child(index("allowedTopologies", i), "matchLabelExpressions");
    for (const [j, { key }] of matchLabelExpressions.entries()) {
      const hint = oldNodeLabels[key];
      if (hint) yield `${child(index(path, j), "key")}: ${hint}`;
    }
  }
}

function* validTopologies(terms: readonly TopologySelectorTerm[]): Iterable<FieldError> {
  for (const [at, term] of terms.entries()) {
    const path = child(index("allowedTopologies", at), "matchLabelExpressions");
    yield* validTerm(path, term);
    if (terms.slice(0, at).some((other) => equal(other, term))) yield duplicate(path, "");
  }
}

function* validTerm(
  path: string,
  { matchLabelExpressions = [] }: TopologySelectorTerm,
): Iterable<FieldError> {
  const keys = new Set<string>();
  for (const [at, { key, values }] of matchLabelExpressions.entries()) {
    const here = index(path, at);
    if (values.length === 0) yield required(child(here, "values"));
    for (const [i, value] of values.entries()) {
      if (values.indexOf(value) < i) yield duplicate(index(child(here, "values"), i), value);
    }
    yield* invalidEach(child(here, "key"), key, labelKey(key));
    if (keys.has(key)) yield duplicate(child(here, "key"), key);
    keys.add(key);
  }
}
