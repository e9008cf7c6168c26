import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { ResourceClaimSpec } from "./device.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ResourceClaimTemplateSpec = s.struct("resource/v1.ResourceClaimTemplateSpec", {
  metadata: s.object(1, ObjectMeta),
  spec: s.object(2, ResourceClaimSpec, { required: true }),
});

export interface ResourceClaimTemplateSpec extends ValueOf<typeof ResourceClaimTemplateSpec> {}

export const ResourceClaimTemplate = defineKind({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaimTemplate",
  plural: "resourceclaimtemplates",
  scope: "Namespaced",
  storage: { prefix: "/registry/resourceclaimtemplates", hash: "TuzjC49aUfM=" },
  deleteReturnsObject: true,
  schema: s.struct("resource/v1.ResourceClaimTemplate", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ResourceClaimTemplateSpec, { required: true }),
  }),
});

export interface ResourceClaimTemplate extends ObjectOf<typeof ResourceClaimTemplate> {}
