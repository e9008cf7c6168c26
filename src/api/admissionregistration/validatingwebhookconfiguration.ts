import { ageColumn, nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { MatchCondition, RuleWithOperations } from "./rules.ts";
import { WebhookClientConfig } from "./webhook-client.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { fillWebhook, validWebhooks } from "./webhook-rules.ts";

export const ValidatingWebhook = s.struct(
  "admissionregistration/v1.ValidatingWebhook",
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
    objectSelector: s.object(10, LabelSelector, { optional: true }),
    sideEffects: s.oneOf(6, ["None", "NoneOnDryRun", "Some", "Unknown"], {
      required: true,
      nullable: true,
    }),
    timeoutSeconds: s.int32(7, { optional: true }),
    admissionReviewVersions: s.list(8, "string", { required: true, listType: "atomic" }),
    matchConditions: s.list(11, MatchCondition, {
      listType: "map",
      keys: ["name"],
      patch: "merge",
      patchKey: "name",
    }),
  },
  {
    defaults: fillWebhook,
  },
);

export interface ValidatingWebhook extends ValueOf<typeof ValidatingWebhook> {}

export const ValidatingWebhookConfiguration = defineKind({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingWebhookConfiguration",
  plural: "validatingwebhookconfigurations",
  categories: ["api-extensions"],
  scope: "Cluster",
  doc: "Webhooks that may refuse objects before they are stored, and change nothing.",
  storage: { prefix: "/registry/validatingwebhookconfigurations", hash: "B0wHjQmsGNk=" },
  schema: s.struct("admissionregistration/v1.ValidatingWebhookConfiguration", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    webhooks: s.list(2, ValidatingWebhook, {
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

export interface ValidatingWebhookConfiguration extends ObjectOf<
  typeof ValidatingWebhookConfiguration
> {}
