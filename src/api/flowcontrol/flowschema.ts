import { ageColumn, nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { describing, ObjectMeta } from "#api/meta/object-meta.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { mandatoryFlowSchemas, mustEqual } from "./mandatory.ts";
import { validFlowConditions, validFlowSchema } from "./flow-rules.ts";

export const FlowDistinguisherMethod = s.struct("flowcontrol/v1.FlowDistinguisherMethod", {
  type: s.string(1, { required: true }),
});

export interface FlowDistinguisherMethod extends ValueOf<typeof FlowDistinguisherMethod> {}

export const FlowSchemaCondition = s.struct("flowcontrol/v1.FlowSchemaCondition", {
  type: s.string(1),
  status: s.string(2),
  lastTransitionTime: s.time(3),
  reason: s.string(4),
  message: s.string(5),
});

export interface FlowSchemaCondition extends ValueOf<typeof FlowSchemaCondition> {}

export const PriorityLevelConfigurationReference = s.struct(
  "flowcontrol/v1.PriorityLevelConfigurationReference",
  {
    name: s.string(1, { required: true }),
  },
);

export interface PriorityLevelConfigurationReference extends ValueOf<
  typeof PriorityLevelConfigurationReference
> {}

export const UserSubject = s.struct("flowcontrol/v1.UserSubject", {
  name: s.string(1, { required: true }),
});

export interface UserSubject extends ValueOf<typeof UserSubject> {}

export const GroupSubject = s.struct("flowcontrol/v1.GroupSubject", {
  name: s.string(1, { required: true }),
});

export interface GroupSubject extends ValueOf<typeof GroupSubject> {}

export const ServiceAccountSubject = s.struct("flowcontrol/v1.ServiceAccountSubject", {
  namespace: s.string(1, { required: true }),
  name: s.string(2, { required: true }),
});

export interface ServiceAccountSubject extends ValueOf<typeof ServiceAccountSubject> {}

export const Subject = s.struct(
  "flowcontrol/v1.Subject",
  {
    kind: s.string(1, { required: true }),
    user: s.object(2, UserSubject, { optional: true }),
    group: s.object(3, GroupSubject, { optional: true }),
    serviceAccount: s.object(4, ServiceAccountSubject, { optional: true }),
  },
  {
    unions: [
      {
        discriminator: "kind",
        "fields-to-discriminateBy": {
          group: "Group",
          serviceAccount: "ServiceAccount",
          user: "User",
        },
      },
    ],
  },
);

export interface Subject extends ValueOf<typeof Subject> {}

export const ResourcePolicyRule = s.struct("flowcontrol/v1.ResourcePolicyRule", {
  verbs: s.list(1, "string", { required: true, listType: "set" }),
  apiGroups: s.list(2, "string", { required: true, listType: "set" }),
  resources: s.list(3, "string", { required: true, listType: "set" }),
  clusterScope: s.boolean(4),
  namespaces: s.list(5, "string", { always: true, listType: "set" }),
});

export interface ResourcePolicyRule extends ValueOf<typeof ResourcePolicyRule> {}

export const NonResourcePolicyRule = s.struct("flowcontrol/v1.NonResourcePolicyRule", {
  verbs: s.list(1, "string", { required: true, listType: "set" }),
  nonResourceURLs: s.list(6, "string", { required: true, listType: "set" }),
});

export interface NonResourcePolicyRule extends ValueOf<typeof NonResourcePolicyRule> {}

export const PolicyRulesWithSubjects = s.struct("flowcontrol/v1.PolicyRulesWithSubjects", {
  subjects: s.list(1, Subject, { required: true, listType: "atomic" }),
  resourceRules: s.list(2, ResourcePolicyRule, { listType: "atomic" }),
  nonResourceRules: s.list(3, NonResourcePolicyRule, { listType: "atomic" }),
});

export interface PolicyRulesWithSubjects extends ValueOf<typeof PolicyRulesWithSubjects> {}

export const FlowSchemaSpec = s.struct(
  "flowcontrol/v1.FlowSchemaSpec",
  {
    priorityLevelConfiguration: s.object(1, PriorityLevelConfigurationReference, {
      required: true,
      doc: "The priority level that shares out the seats for these requests.",
    }),
    matchingPrecedence: s.int32(2, {
      always: true,
      doc: "Of the schemas that match a request, the one with the lowest number counts.",
    }),
    distinguisherMethod: s.object(3, FlowDistinguisherMethod, {
      optional: true,
      doc: "What divides the requests into flows: ByUser or ByNamespace.",
    }),
    rules: s.list(4, PolicyRulesWithSubjects, {
      listType: "atomic",
      doc: "A request belongs here when one of them fits.",
    }),
  },
  {
    defaults(draft) {
      draft.matchingPrecedence ||= 1000;
    },
  },
);

export interface FlowSchemaSpec extends ValueOf<typeof FlowSchemaSpec> {}

export const FlowSchemaStatus = s.struct("flowcontrol/v1.FlowSchemaStatus", {
  conditions: s.list(1, FlowSchemaCondition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
});

export interface FlowSchemaStatus extends ValueOf<typeof FlowSchemaStatus> {}

export const FlowSchema = defineKind({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "FlowSchema",
  plural: "flowschemas",
  scope: "Cluster",
  doc: "Names the requests to the API server that share a priority level, and what tells their flows apart.",
  storage: { prefix: "/registry/flowschemas", hash: "GJVAJZSZBIw=" },
  schema: s.struct("flowcontrol/v1.FlowSchema", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, FlowSchemaSpec),
    status: s.object(3, FlowSchemaStatus),
  }),
  status: { keeps: describing, validate: ({ status }) => validFlowConditions(status.conditions) },
  hasGeneration: true,

  *validate({ metadata: { name = "" }, spec }): Iterable<FieldError> {
    yield* validFlowSchema(name, spec);
    yield* mustEqual(name, spec, mandatoryFlowSchemas[name]);
  },

  columns: [
    nameColumn,
    {
      name: "PriorityLevel",
      type: "string",
      cell: ({ spec }) => spec.priorityLevelConfiguration.name,
    },
    { name: "MatchingPrecedence", type: "string", cell: ({ spec }) => spec.matchingPrecedence },
    {
      name: "DistinguisherMethod",
      type: "string",
      cell: ({ spec }) => spec.distinguisherMethod?.type ?? "<none>",
    },
    ageColumn,
    {
      name: "MissingPL",
      type: "string",
      cell: ({ status }) =>
        status.conditions?.find(({ type }) => type === "Dangling")?.status ?? "?",
    },
  ],
});

export interface FlowSchema extends ObjectOf<typeof FlowSchema> {}
