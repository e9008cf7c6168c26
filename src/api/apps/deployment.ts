import { ageColumn, containerColumns, nameColumn } from "#api/columns.ts";
import { podTemplateWarnings } from "#api/core/pod-warnings.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { labelSelectorText } from "#api/selectors.ts";
import { equal } from "#schema/copy.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { validDeploymentSpec, validDeploymentStatus, validRollback } from "./deployment-rules.ts";
import { keepSelector, scaleTrait } from "./workload-traits.ts";

export const DeploymentCondition = s.struct("apps/v1.DeploymentCondition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  lastUpdateTime: s.time(6),
  lastTransitionTime: s.time(7),
  reason: s.string(4),
  message: s.string(5),
});

export interface DeploymentCondition extends ValueOf<typeof DeploymentCondition> {}

export const RollingUpdateDeployment = s.struct("apps/v1.RollingUpdateDeployment", {
  maxUnavailable: s.intOrString(1, {
    optional: true,
    doc: "So many pods may be missing meanwhile: a number, or a share of the replicas (25%).",
  }),
  maxSurge: s.intOrString(2, {
    optional: true,
    doc: "So many pods more than the replicas there may be meanwhile.",
  }),
});

export interface RollingUpdateDeployment extends ValueOf<typeof RollingUpdateDeployment> {}

export const DeploymentStrategy = s.struct(
  "apps/v1.DeploymentStrategy",
  {
    type: s.oneOf(1, ["Recreate", "RollingUpdate"], {
      checkedByOwner: true,
      doc: "RollingUpdate replaces pods step by step; Recreate ends all of them first.",
    }),
    rollingUpdate: s.object(2, RollingUpdateDeployment, { optional: true }),
  },
  {
    defaults(draft) {
      draft.type ||= "RollingUpdate";
      if (draft.type !== "RollingUpdate") return;
      draft.rollingUpdate ??= {};
      draft.rollingUpdate.maxUnavailable ??= "25%";
      draft.rollingUpdate.maxSurge ??= "25%";
    },
  },
);

export interface DeploymentStrategy extends ValueOf<typeof DeploymentStrategy> {}

export const DeploymentSpec = s.struct(
  "apps/v1.DeploymentSpec",
  {
    replicas: s.int32(1, { optional: true, doc: "So many pods should run; 1 unless said." }),
    selector: s.object(2, LabelSelector, {
      required: true,
      nullable: true,
      doc: "The pods of the deployment. It must match the template, and cannot be changed.",
    }),
    template: s.object(3, PodTemplateSpec, {
      required: true,
      doc: "The pods to be run. A change is rolled out to all of them.",
    }),
    strategy: s.object(4, DeploymentStrategy, {
      patch: "retainKeys",
      doc: "How pods of an old template are replaced.",
    }),
    minReadySeconds: s.int32(5, { doc: "For so long a pod must be ready before it counts." }),
    revisionHistoryLimit: s.int32(6, {
      optional: true,
      doc: "So many old replica sets are kept, to go back to; 10 unless said.",
    }),
    paused: s.boolean(7, { doc: "Changes of the template are not rolled out while this is set." }),
    progressDeadlineSeconds: s.int32(9, {
      optional: true,
      doc: "A rollout that gets no further for so long is reported as failed; 600 unless said.",
    }),
  },
  {
    defaults(draft) {
      draft.replicas ??= 1;
      draft.revisionHistoryLimit ??= 10;
      draft.progressDeadlineSeconds ??= 600;
    },
    validate: (value, at): Iterable<FieldError> => validDeploymentSpec(value, at),
  },
);

export interface DeploymentSpec extends ValueOf<typeof DeploymentSpec> {}

export const DeploymentStatus = s.struct("apps/v1.DeploymentStatus", {
  observedGeneration: s.int64(1),
  replicas: s.int32(2),
  updatedReplicas: s.int32(3),
  readyReplicas: s.int32(7),
  availableReplicas: s.int32(4),
  unavailableReplicas: s.int32(5),
  terminatingReplicas: s.int32(9, { optional: true }),
  conditions: s.list(6, DeploymentCondition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
  collisionCount: s.int32(8, { optional: true }),
});

export interface DeploymentStatus extends ValueOf<typeof DeploymentStatus> {}

export const Deployment = defineKind({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  shortNames: ["deploy"],
  categories: ["all"],
  scope: "Namespaced",
  doc: "Keeps a number of pods of one template running, and replaces them step by step when the template changes.",
  storage: { prefix: "/registry/deployments", hash: "8aSe+NMegvE=" },
  schema: s.struct("apps/v1.Deployment", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, DeploymentSpec),
    status: s.object(3, DeploymentStatus),
  }),
  status: {
    keeps: ["labels"],
    validate: ({ status }, old) => validDeploymentStatus(status, old.status),
  },
  scale: scaleTrait(),
  hasGeneration: "annotations",

  validate: ({ metadata }): Iterable<FieldError> => validRollback(metadata),
  validateUpdate: ({ spec }, old): Iterable<FieldError> => keepSelector(spec, old.spec),
  warnings: ({ spec }, old) =>
    equal(spec, old?.spec) ? [] : podTemplateWarnings(spec.template, "spec.template"),

  columns: [
    nameColumn,
    {
      name: "Ready",
      type: "string",
      cell: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    },
    { name: "Up-to-date", type: "string", cell: ({ status }) => status.updatedReplicas ?? 0 },
    { name: "Available", type: "string", cell: ({ status }) => status.availableReplicas ?? 0 },
    ageColumn,
    ...containerColumns(({ spec }: { spec: DeploymentSpec }) => spec.template.spec.containers),
    {
      name: "Selector",
      type: "string",
      wide: true,
      cell: ({ spec }) => labelSelectorText(spec.selector ?? undefined, "<invalid>"),
    },
  ],
});

export interface Deployment extends ObjectOf<typeof Deployment> {}
