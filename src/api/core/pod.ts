import { defineKind, type ObjectOf } from "#api/kind.ts";
import { PodSpec } from "./pod-spec.ts";
import { PodStatus } from "./pod-status.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const Pod = defineKind({
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  shortNames: ["po"],
  categories: ["all"],
  scope: "Namespaced",
  storage: { prefix: "/registry/pods", hash: "xPOwRZ+Yhw8=" },
  deleteReturnsObject: true,
  schema: s.struct("core/v1.Pod", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, PodSpec),
    status: s.object(3, PodStatus),
  }),
  status: {},
});

export interface Pod extends ObjectOf<typeof Pod> {}
