import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ExemptPriorityLevelConfiguration = s.struct(
  "flowcontrol/v1.ExemptPriorityLevelConfiguration",
  {
    nominalConcurrencyShares: s.int32(1, { optional: true }),
    lendablePercent: s.int32(2, { optional: true }),
  },
);

export interface ExemptPriorityLevelConfiguration extends ValueOf<
  typeof ExemptPriorityLevelConfiguration
> {}

export const QueuingConfiguration = s.struct("flowcontrol/v1.QueuingConfiguration", {
  queues: s.int32(1, { always: true }),
  handSize: s.int32(2, { always: true }),
  queueLengthLimit: s.int32(3, { always: true }),
});

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
    nominalConcurrencyShares: s.int32(1, { always: true, nullable: true }),
    limitResponse: s.object(2, LimitResponse),
    lendablePercent: s.int32(3, { optional: true }),
    borrowingLimitPercent: s.int32(4, { optional: true }),
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
  storage: { prefix: "/registry/prioritylevelconfigurations", hash: "Kir5PVfvNeI=" },
  schema: s.struct("flowcontrol/v1.PriorityLevelConfiguration", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, PriorityLevelConfigurationSpec),
    status: s.object(3, PriorityLevelConfigurationStatus),
  }),
  status: {},
});

export interface PriorityLevelConfiguration extends ObjectOf<typeof PriorityLevelConfiguration> {}
