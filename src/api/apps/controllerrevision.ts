import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const ControllerRevision = defineKind({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  scope: "Namespaced",
  storage: { prefix: "/registry/controllerrevisions", hash: "85nkx63pcBU=" },
  schema: s.struct("apps/v1.ControllerRevision", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    data: s.raw(2),
    revision: s.int64(3, { required: true }),
  }),
});

export interface ControllerRevision extends ObjectOf<typeof ControllerRevision> {}
