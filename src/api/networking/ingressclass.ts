import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const IngressClassParametersReference = s.struct(
  "networking/v1.IngressClassParametersReference",
  {
    apiGroup: s.string(1, { optional: true, protoName: "aPIGroup" }),
    kind: s.string(2, { required: true }),
    name: s.string(3, { required: true }),
    scope: s.string(4, { always: true, nullable: true }),
    namespace: s.string(5, { optional: true }),
  },
);

export interface IngressClassParametersReference extends ValueOf<
  typeof IngressClassParametersReference
> {}

export const IngressClassSpec = s.struct("networking/v1.IngressClassSpec", {
  controller: s.string(1),
  parameters: s.object(2, IngressClassParametersReference, { optional: true }),
});

export interface IngressClassSpec extends ValueOf<typeof IngressClassSpec> {}

export const IngressClass = defineKind({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  plural: "ingressclasses",
  scope: "Cluster",
  storage: { prefix: "/registry/ingressclasses", hash: "l/iqIbDgFyQ=" },
  schema: s.struct("networking/v1.IngressClass", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, IngressClassSpec),
  }),
});

export interface IngressClass extends ObjectOf<typeof IngressClass> {}
