import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const PriorityClass = defineKind({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  plural: "priorityclasses",
  shortNames: ["pc"],
  scope: "Cluster",
  storage: { prefix: "/registry/priorityclasses", hash: "1QwjyaZjj3Y=" },
  schema: s.struct("scheduling/v1.PriorityClass", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    value: s.int32(2, { always: true }),
    globalDefault: s.boolean(3),
    description: s.string(4),
    preemptionPolicy: s.oneOf(5, ["Never", "PreemptLowerPriority"], { optional: true }),
  }),
});

export interface PriorityClass extends ObjectOf<typeof PriorityClass> {}
