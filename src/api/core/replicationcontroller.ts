import {
  ageColumn,
  containerImages,
  containerNames,
  labelsText,
  nameColumn,
} from "#api/columns.ts";
import { labelSetSelectorOf } from "#api/selectors.ts";
import { podTemplateWarnings } from "./pod-warnings.ts";
import {
  validateController,
  validateControllerStatus,
} from "./replicationcontroller-validation.ts";
import type { FieldError } from "#schema/field-error.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { PodTemplateSpec } from "./pod-spec.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ReplicationControllerCondition = s.struct("core/v1.ReplicationControllerCondition", {
  type: s.string(1, { doc: "What it is about.", required: true }),
  status: s.string(2, { doc: "True, False or Unknown.", required: true }),
  lastTransitionTime: s.time(3, { doc: "When the status changed last." }),
  reason: s.string(4, { doc: "Why, in one word for machines." }),
  message: s.string(5, { doc: "Why, for people." }),
});

export interface ReplicationControllerCondition extends ValueOf<
  typeof ReplicationControllerCondition
> {}

export const ReplicationControllerSpec = s.struct("core/v1.ReplicationControllerSpec", {
  replicas: s.int32(1, {
    doc: "How many pods there should be. 1 when unset.",
    optional: true,
    default: 1,
  }),
  minReadySeconds: s.int32(4, {
    doc: "How long a pod must be ready to count as available.",
    default: 0,
  }),
  selector: s.map(2, "string", {
    doc: "Labels of its pods; those of the template when unset.",
    mapType: "atomic",
  }),
  template: s.object(3, PodTemplateSpec, { doc: "What new pods look like.", optional: true }),
});

export interface ReplicationControllerSpec extends ValueOf<typeof ReplicationControllerSpec> {}

export const ReplicationControllerStatus = s.struct("core/v1.ReplicationControllerStatus", {
  replicas: s.int32(1, { doc: "How many pods there are.", required: true }),
  fullyLabeledReplicas: s.int32(2, { doc: "How many have all labels of the template." }),
  readyReplicas: s.int32(4, { doc: "How many are ready." }),
  availableReplicas: s.int32(5, { doc: "How many are ready for minReadySeconds." }),
  observedGeneration: s.int64(3, { doc: "The generation that was acted on last." }),
  conditions: s.list(6, ReplicationControllerCondition, {
    doc: "What holds of it.",
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
});

export interface ReplicationControllerStatus extends ValueOf<typeof ReplicationControllerStatus> {}

export const ReplicationController = defineKind({
  group: "",
  version: "v1",
  kind: "ReplicationController",
  doc: "Keeps a number of pods of one kind running. Deployments do more.",
  plural: "replicationcontrollers",
  shortNames: ["rc"],
  categories: ["all"],
  scope: "Namespaced",
  storage: { prefix: "/registry/controllers", hash: "Jond2If31h0=" },
  schema: s.struct(
    "core/v1.ReplicationController",
    {
      ...typeMeta,
      metadata: s.object(1, ObjectMeta),
      spec: s.object(2, ReplicationControllerSpec),
      status: s.object(3, ReplicationControllerStatus),
    },
    {
      defaults({ metadata, spec }): void {
        const labels = spec.template?.metadata.labels;
        if (!labels) return;
        spec.selector ??= { ...labels };
        metadata.labels ??= { ...labels };
      },
    },
  ),
  columns: [
    nameColumn,
    {
      name: "Desired",
      type: "integer",
      doc: "How many pods there should be.",
      cell: ({ spec }) => spec.replicas ?? 0,
    },
    {
      name: "Current",
      type: "integer",
      doc: "How many there are.",
      cell: ({ status }) => status.replicas,
    },
    {
      name: "Ready",
      type: "integer",
      doc: "How many are ready.",
      cell: ({ status }) => status.readyReplicas ?? 0,
    },
    ageColumn,
    {
      name: "Containers",
      type: "string",
      wide: true,
      doc: "Names of its containers.",
      cell: ({ spec }) => containerNames(spec.template?.spec.containers ?? []),
    },
    {
      name: "Images",
      type: "string",
      wide: true,
      doc: "Images of its containers.",
      cell: ({ spec }) => containerImages(spec.template?.spec.containers ?? []),
    },
    {
      name: "Selector",
      type: "string",
      wide: true,
      doc: "Labels of its pods.",
      cell: ({ spec }) => labelsText(spec.selector),
    },
  ],
  selectableFields: { "status.replicas": ({ status }) => String(status.replicas) },
  hasGeneration: true,
  orphansByDefault: true,
  scale: {
    replicas: ({ spec }) => spec.replicas ?? 0,
    withReplicas(draft, replicas): void {
      draft.spec.replicas = replicas;
    },
    statusReplicas: ({ status }) => status.replicas,
    selector: ({ spec }) => labelSetSelectorOf(spec.selector).toString(),
  },
  validate: (controller): Iterable<FieldError> => validateController(controller),
  status: { validate: (controller): Iterable<FieldError> => validateControllerStatus(controller) },
  *warnings({ spec }): Iterable<string> {
    if (spec.template) yield* podTemplateWarnings(spec.template, "spec.template");
  },
});

export interface ReplicationController extends ObjectOf<typeof ReplicationController> {}
