import { ageColumn, nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { MatchCondition, RuleWithOperations } from "./rules.ts";
import { WebhookClientConfig } from "./webhook-client.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { fillWebhook, validWebhooks } from "./webhook-rules.ts";

export const MutatingWebhook = s.struct(
  "admissionregistration/v1.MutatingWebhook",
  {
    name: s.string(1, { required: true, doc: "Fully qualified: of three parts at least." }),
    clientConfig: s.object(2, WebhookClientConfig, { required: true }),
    rules: s.list(3, RuleWithOperations, { listType: "atomic" }),
    failurePolicy: s.oneOf(4, ["Fail", "Ignore"], {
      optional: true,
      doc: "What a webhook that does not answer means for the request.",
    }),
    matchPolicy: s.oneOf(9, ["Equivalent", "Exact"], { optional: true }),
    namespaceSelector: s.object(5, LabelSelector, { optional: true }),
    objectSelector: s.object(11, LabelSelector, { optional: true }),
    sideEffects: s.oneOf(6, ["None", "NoneOnDryRun", "Some", "Unknown"], {
      required: true,
      nullable: true,
    }),
    timeoutSeconds: s.int32(7, { optional: true }),
    admissionReviewVersions: s.list(8, "string", { required: true, listType: "atomic" }),
    reinvocationPolicy: s.oneOf(10, ["IfNeeded", "Never"], { optional: true }),
    matchConditions: s.list(12, MatchCondition, {
      listType: "map",
      keys: ["name"],
      patch: "merge",
      patchKey: "name",
    }),
  },
  {
    defaults(draft) {
      fillWebhook(draft);
      draft.reinvocationPolicy ??= "Never";
    },
  },
);

export interface MutatingWebhook extends ValueOf<typeof MutatingWebhook> {}

export const MutatingWebhookConfiguration = defineKind({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingWebhookConfiguration",
  plural: "mutatingwebhookconfigurations",
  categories: ["api-extensions"],
  scope: "Cluster",
  doc: "Webhooks that may change objects before they are stored.",
  storage: { prefix: "/registry/mutatingwebhookconfigurations", hash: "Sqi0GUgDaX0=" },
  schema: s.struct("admissionregistration/v1.MutatingWebhookConfiguration", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    webhooks: s.list(2, MutatingWebhook, {
      listType: "map",
      keys: ["name"],
      patch: "merge",
      patchKey: "name",
      protoName: "Webhooks",
    }),
  }),
  hasGeneration: true,
  needsResourceVersion: true,
  validate: ({ webhooks }) => validWebhooks(webhooks),
  columns: [
    nameColumn,
    { name: "Webhooks", type: "integer", cell: ({ webhooks }) => webhooks?.length ?? 0 },
    ageColumn,
  ],
});

export interface MutatingWebhookConfiguration extends ObjectOf<
  typeof MutatingWebhookConfiguration
> {}
