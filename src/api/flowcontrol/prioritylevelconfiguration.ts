import { ageColumn, nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { describing, ObjectMeta } from "#api/meta/object-meta.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { validFlowConditions } from "./flow-rules.ts";
import { mandatoryPriorityLevels, mustEqual } from "./mandatory.ts";
import { validPriorityLevel } from "./priority-level-rules.ts";

export const ExemptPriorityLevelConfiguration = s.struct(
  "flowcontrol/v1.ExemptPriorityLevelConfiguration",
  {
    nominalConcurrencyShares: s.int32(1, { optional: true }),
    lendablePercent: s.int32(2, { optional: true }),
  },
  {
    defaults(draft) {
      draft.nominalConcurrencyShares ??= 0;
      draft.lendablePercent ??= 0;
    },
  },
);

export interface ExemptPriorityLevelConfiguration extends ValueOf<
  typeof ExemptPriorityLevelConfiguration
> {}

export const QueuingConfiguration = s.struct(
  "flowcontrol/v1.QueuingConfiguration",
  {
    queues: s.int32(1, { always: true }),
    handSize: s.int32(2, {
      always: true,
      doc: "How many of the queues each flow is dealt; its requests wait in the shortest.",
    }),
    queueLengthLimit: s.int32(3, { always: true }),
  },
  {
    defaults(draft) {
      draft.handSize ||= 8;
      draft.queues ||= 64;
      draft.queueLengthLimit ||= 50;
    },
  },
);

export interface QueuingConfiguration extends ValueOf<typeof QueuingConfiguration> {}

export const LimitResponse = s.struct(
  "flowcontrol/v1.LimitResponse",
  {
    type: s.string(1, { required: true }),
    queuing: s.object(2, QueuingConfiguration, { optional: true }),
  },
  { unions: [{ discriminator: "type", "fields-to-discriminateBy": { queuing: "Queuing" } }] },
);

export interface LimitResponse extends ValueOf<typeof LimitResponse> {}

export const LimitedPriorityLevelConfiguration = s.struct(
  "flowcontrol/v1.LimitedPriorityLevelConfiguration",
  {
    nominalConcurrencyShares: s.int32(1, {
      always: true,
      nullable: true,
      doc: "This level's part of the server's seats, relative to the other levels.",
    }),
    limitResponse: s.object(2, LimitResponse, {
      doc: "What becomes of requests that find no seat: they queue, or are rejected.",
    }),
    lendablePercent: s.int32(3, { optional: true }),
    borrowingLimitPercent: s.int32(4, { optional: true }),
  },
  {
    defaults(draft) {
      draft.nominalConcurrencyShares ??= 30;
      draft.lendablePercent ??= 0;
    },
  },
);

export interface LimitedPriorityLevelConfiguration extends ValueOf<
  typeof LimitedPriorityLevelConfiguration
> {}

export const PriorityLevelConfigurationCondition = s.struct(
  "flowcontrol/v1.PriorityLevelConfigurationCondition",
  {
    type: s.string(1),
    status: s.string(2),
    lastTransitionTime: s.time(3),
    reason: s.string(4),
    message: s.string(5),
  },
);

export interface PriorityLevelConfigurationCondition extends ValueOf<
  typeof PriorityLevelConfigurationCondition
> {}

export const PriorityLevelConfigurationSpec = s.struct(
  "flowcontrol/v1.PriorityLevelConfigurationSpec",
  {
    type: s.string(1, { required: true }),
    limited: s.object(2, LimitedPriorityLevelConfiguration, { optional: true }),
    exempt: s.object(3, ExemptPriorityLevelConfiguration, { optional: true }),
  },
  {
    unions: [
      {
        discriminator: "type",
        "fields-to-discriminateBy": { exempt: "Exempt", limited: "Limited" },
      },
    ],
  },
);

export interface PriorityLevelConfigurationSpec extends ValueOf<
  typeof PriorityLevelConfigurationSpec
> {}

export const PriorityLevelConfigurationStatus = s.struct(
  "flowcontrol/v1.PriorityLevelConfigurationStatus",
  {
    conditions: s.list(1, PriorityLevelConfigurationCondition, {
      listType: "map",
      keys: ["type"],
      patch: "merge",
      patchKey: "type",
    }),
  },
);

export interface PriorityLevelConfigurationStatus extends ValueOf<
  typeof PriorityLevelConfigurationStatus
> {}

export const PriorityLevelConfiguration = defineKind({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "PriorityLevelConfiguration",
  plural: "prioritylevelconfigurations",
  scope: "Cluster",
  doc: "How many requests of one importance the API server works on at once, and what the others do meanwhile.",
  storage: { prefix: "/registry/prioritylevelconfigurations", hash: "Kir5PVfvNeI=" },
  schema: s.struct("flowcontrol/v1.PriorityLevelConfiguration", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, PriorityLevelConfigurationSpec),
    status: s.object(3, PriorityLevelConfigurationStatus),
  }),
  status: { keeps: describing, validate: ({ status }) => validFlowConditions(status.conditions) },
  hasGeneration: true,

  *validate({ metadata: { name = "" }, spec }): Iterable<FieldError> {
    yield* validPriorityLevel(name, spec);
    yield* mustEqual(name, spec, mandatoryPriorityLevels[name]);
  },

  columns: [
    nameColumn,
    { name: "Type", type: "string", cell: ({ spec }) => spec.type },
    {
      name: "NominalConcurrencyShares",
      type: "string",
      cell: ({ spec }) => spec.limited?.nominalConcurrencyShares ?? "<none>",
    },
    { name: "Queues", type: "string", cell: ({ spec }) => queuingOf(spec)?.queues ?? "<none>" },
    { name: "HandSize", type: "string", cell: ({ spec }) => queuingOf(spec)?.handSize ?? "<none>" },
    {
      name: "QueueLengthLimit",
      type: "string",
      cell: ({ spec }) => queuingOf(spec)?.queueLengthLimit ?? "<none>",
    },
    ageColumn,
  ],
});

export interface PriorityLevelConfiguration extends ObjectOf<typeof PriorityLevelConfiguration> {}

const queuingOf = (spec: PriorityLevelConfigurationSpec): QueuingConfiguration | undefined =>
  spec.limited?.limitResponse.queuing;
