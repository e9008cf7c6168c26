import { ageColumn, containerColumns, labelsText, nameColumn, selectorText } from "#api/columns.ts";
import { podTemplateWarnings } from "#api/core/pod-warnings.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { equal } from "#schema/copy.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { validDaemonSetSpec, validDaemonSetStatus } from "./daemonset-rules.ts";
import { countTemplates, startCounting } from "./template-generation.ts";
import { keepSelector } from "./workload-traits.ts";

export const DaemonSetCondition = s.struct("apps/v1.DaemonSetCondition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  lastTransitionTime: s.time(3),
  reason: s.string(4),
  message: s.string(5),
});

export interface DaemonSetCondition extends ValueOf<typeof DaemonSetCondition> {}

export const RollingUpdateDaemonSet = s.struct("apps/v1.RollingUpdateDaemonSet", {
  maxUnavailable: s.intOrString(1, { optional: true }),
  maxSurge: s.intOrString(2, { optional: true }),
});

export interface RollingUpdateDaemonSet extends ValueOf<typeof RollingUpdateDaemonSet> {}

export const DaemonSetUpdateStrategy = s.struct(
  "apps/v1.DaemonSetUpdateStrategy",
  {
    type: s.oneOf(1, ["OnDelete", "RollingUpdate"], {
      checkedByOwner: true,
      doc: "RollingUpdate replaces pods node by node; OnDelete waits for somebody to delete them.",
    }),
    rollingUpdate: s.object(2, RollingUpdateDaemonSet, { optional: true }),
  },
  {
    defaults(draft) {
      draft.type ||= "RollingUpdate";
      if (draft.type !== "RollingUpdate") return;
      draft.rollingUpdate ??= {};
      draft.rollingUpdate.maxUnavailable ??= 1;
      draft.rollingUpdate.maxSurge ??= 0;
    },
  },
);

export interface DaemonSetUpdateStrategy extends ValueOf<typeof DaemonSetUpdateStrategy> {}

export const DaemonSetSpec = s.struct(
  "apps/v1.DaemonSetSpec",
  {
    selector: s.object(1, LabelSelector, {
      required: true,
      nullable: true,
      doc: "The pods of the daemon set. It must match the template, and cannot be changed.",
    }),
    template: s.object(2, PodTemplateSpec, {
      required: true,
      doc: "The pod to be run on each node that it fits.",
    }),
    updateStrategy: s.object(3, DaemonSetUpdateStrategy, {
      doc: "How pods of an old template are replaced.",
    }),
    minReadySeconds: s.int32(4, { doc: "For so long a pod must be ready before it counts." }),
    revisionHistoryLimit: s.int32(6, {
      optional: true,
      doc: "So many old templates are kept, to go back to; 10 unless said.",
    }),
  },
  {
    defaults(draft) {
      draft.revisionHistoryLimit ??= 10;
    },
    validate: (value, at): Iterable<FieldError> => validDaemonSetSpec(value, at),
  },
);

export interface DaemonSetSpec extends ValueOf<typeof DaemonSetSpec> {}

export const DaemonSetStatus = s.struct("apps/v1.DaemonSetStatus", {
  currentNumberScheduled: s.int32(1, { required: true }),
  numberMisscheduled: s.int32(2, { required: true }),
  desiredNumberScheduled: s.int32(3, { required: true }),
  numberReady: s.int32(4, { required: true }),
  observedGeneration: s.int64(5),
  updatedNumberScheduled: s.int32(6),
  numberAvailable: s.int32(7),
  numberUnavailable: s.int32(8),
  collisionCount: s.int32(9, { optional: true }),
  conditions: s.list(10, DaemonSetCondition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
});

export interface DaemonSetStatus extends ValueOf<typeof DaemonSetStatus> {}

export const DaemonSet = defineKind({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  plural: "daemonsets",
  shortNames: ["ds"],
  categories: ["all"],
  scope: "Namespaced",
  doc: "Runs one pod of a template on every node, or on every node that it fits.",
  storage: { prefix: "/registry/daemonsets", hash: "dd7pWHUlMKQ=" },
  schema: s.struct("apps/v1.DaemonSet", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, DaemonSetSpec),
    status: s.object(3, DaemonSetStatus),
  }),
  status: { validate: ({ status }, old) => validDaemonSetStatus(status, old.status) },
  hasGeneration: true,

  prepareForCreate: ({ metadata }): void => startCounting(metadata),
  prepareForUpdate: (draft, old): void => countTemplates(draft, old),
  validateUpdate: ({ spec }, old): Iterable<FieldError> => keepSelector(spec, old.spec),
  warnings: ({ spec }, old) =>
    equal(spec, old?.spec) ? [] : podTemplateWarnings(spec.template, "spec.template"),

  columns: [
    nameColumn,
    { name: "Desired", type: "integer", cell: ({ status }) => status.desiredNumberScheduled },
    { name: "Current", type: "integer", cell: ({ status }) => status.currentNumberScheduled },
    { name: "Ready", type: "integer", cell: ({ status }) => status.numberReady },
    {
      name: "Up-to-date",
      type: "integer",
      cell: ({ status }) => status.updatedNumberScheduled ?? 0,
    },
    { name: "Available", type: "integer", cell: ({ status }) => status.numberAvailable ?? 0 },
    {
      name: "Node Selector",
      type: "string",
      cell: ({ spec }) => labelsText(spec.template.spec.nodeSelector),
    },
    ageColumn,
    ...containerColumns(({ spec }: { spec: DaemonSetSpec }) => spec.template.spec.containers),
    {
      name: "Selector",
      type: "string",
      wide: true,
      cell: ({ spec }) => selectorText(spec.selector ?? undefined),
    },
  ],
});

export interface DaemonSet extends ObjectOf<typeof DaemonSet> {}
