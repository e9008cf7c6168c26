import { ageColumn, nameColumn, orNone } from "#api/columns.ts";
import { isEnabled } from "#api/feature-gates.ts";
import { immutable } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { equal } from "#schema/copy.ts";
import {
  child,
  duplicate,
  type FieldError,
  index,
  invalid,
  notListed,
  notSupported,
} from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

const tokenSecondsMin = 600;
const tokenSecondsMax = 2 ** 32;
const lifecycleModes = ["Persistent", "Ephemeral"];
const fsGroupPolicies = ["File", "None", "ReadWriteOnceWithFSType"];

export const TokenRequest = s.struct("storage/v1.TokenRequest", {
  audience: s.string(1, { required: true }),
  expirationSeconds: s.int64(2, { optional: true }),
});

export interface TokenRequest extends ValueOf<typeof TokenRequest> {}

export const CSIDriverSpec = s.struct(
  "storage/v1.CSIDriverSpec",
  {
    attachRequired: s.boolean(1, {
      optional: true,
      doc: "Whether volumes are attached to nodes before they are mounted. It cannot be changed.",
    }),
    podInfoOnMount: s.boolean(2, {
      optional: true,
      doc: "Whether the driver is told about the pod when it mounts a volume.",
    }),
    volumeLifecycleModes: s.list(3, "string", {
      listType: "set",
      doc: "Persistent, Ephemeral or both. They cannot be changed.",
    }),
    storageCapacity: s.boolean(4, {
      optional: true,
      gate: "CSIStorageCapacity",
      doc: "Whether the scheduler heeds the capacity that the driver publishes.",
    }),
    fsGroupPolicy: s.string(5, { optional: true }),
    tokenRequests: s.list(6, TokenRequest, {
      listType: "atomic",
      doc: "Tokens of the pod's service account that the driver is given.",
    }),
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
  },
  {
    defaults(draft) {
      draft.attachRequired ??= true;
      draft.podInfoOnMount ??= false;
      draft.storageCapacity ??= false;
      draft.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
      if ((draft.volumeLifecycleModes ?? []).length === 0) {
        draft.volumeLifecycleModes = ["Persistent"];
      }
      draft.requiresRepublish ??= false;
      draft.seLinuxMount ??= false;
      if (isEnabled("VolumeLimitScaling")) draft.preventPodSchedulingIfMissing ??= false;
    },
    *validate(spec, at) {
      const { fsGroupPolicy, tokenRequests = [], volumeLifecycleModes = [] } = spec;
      if (fsGroupPolicy !== undefined && !fsGroupPolicies.includes(fsGroupPolicy)) {
        yield notSupported(child(at, "fsGroupPolicy"), fsGroupPolicy, fsGroupPolicies);
      }
      for (const mode of volumeLifecycleModes) {
        if (!lifecycleModes.includes(mode)) {
          yield notListed(child(at, "volumeLifecycleModes"), mode, lifecycleModes);
        }
      }
      const period = spec.nodeAllocatableUpdatePeriodSeconds;
      if (period !== undefined && period < 10) {
        yield invalid(
          child(at, "nodeAllocatableUpdatePeriodSeconds"),
          period,
          "must be greater than or equal to 10 seconds",
        );
      }
      if (spec.serviceAccountTokenInSecrets !== undefined && tokenRequests.length === 0) {
        yield invalid(
          child(at, "serviceAccountTokenInSecrets"),
          spec.serviceAccountTokenInSecrets,
          "serviceAccountTokenInSecrets is set but no tokenRequests are specified",
        );
      }
    },
  },
);

export interface CSIDriverSpec extends ValueOf<typeof CSIDriverSpec> {}

/** upstream: pkg/apis/storage/validation/validation.go#ValidateCSIDriver */
export const CSIDriver = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  plural: "csidrivers",
  scope: "Cluster",
  doc: "How the cluster is to work with a storage driver. It has the name that the driver gives itself.",
  storage: { prefix: "/registry/csidrivers", hash: "hL6j/rwBV5w=" },
  deleteReturnsObject: true,
  needsResourceVersion: true,
  schema: s.struct("storage/v1.CSIDriver", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, CSIDriverSpec, { required: true }),
  }),

  prepareForUpdate(draft, old) {
    if (equal(draft.spec, old.spec)) return;
    draft.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },

  validate: ({ spec }) => validTokenRequests(spec.tokenRequests ?? []),

  *validateUpdate({ spec }, old) {
    // Upstream names the first one so.
    yield* immutable("spec.attachedRequired", spec.attachRequired, old.spec.attachRequired);
    yield* immutable(
      "spec.volumeLifecycleModes",
      spec.volumeLifecycleModes,
      old.spec.volumeLifecycleModes,
    );
  },

  columns: [
    nameColumn,
    { name: "AttachRequired", type: "boolean", cell: ({ spec }) => spec.attachRequired ?? true },
    { name: "PodInfoOnMount", type: "boolean", cell: ({ spec }) => spec.podInfoOnMount ?? false },
    { name: "StorageCapacity", type: "boolean", cell: ({ spec }) => spec.storageCapacity ?? false },
    {
      name: "TokenRequests",
      type: "string",
      cell: ({ spec: { tokenRequests } }) =>
        tokenRequests ? tokenRequests.map(({ audience }) => audience).join(",") : "<unset>",
    },
    {
      name: "RequiresRepublish",
      type: "boolean",
      cell: ({ spec }) => spec.requiresRepublish ?? false,
    },
    {
      name: "Modes",
      type: "string",
      cell: ({ spec }) => orNone(spec.volumeLifecycleModes?.join(",")),
    },
    ageColumn,
  ],
});

export interface CSIDriver extends ObjectOf<typeof CSIDriver> {}

function* validTokenRequests(requests: readonly TokenRequest[]): Iterable<FieldError> {
  const audiences = new Set<string>();
  for (const [at, { audience, expirationSeconds }] of requests.entries()) {
    const path = index("spec.tokenRequests", at);
    if (audiences.has(audience)) {
      yield duplicate(child(path, "audience"), audience);
      continue;
    }
    audiences.add(audience);
    if (expirationSeconds === undefined) continue;
    const secondsPath = child(path, "expirationSeconds");
    if (expirationSeconds < tokenSecondsMin) {
      yield invalid(
        secondsPath,
        expirationSeconds,
        "may not specify a duration less than 10 minutes",
      );
    }
    if (expirationSeconds > tokenSecondsMax) {
      yield invalid(
        secondsPath,
        expirationSeconds,
        "may not specify a duration larger than 2^32 seconds",
      );
    }
  }
}
