import { ageColumn, nameColumn } from "#api/columns.ts";
import { immutable, nonNegative } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { type FieldError, required } from "#schema/field-error.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const ControllerRevision = defineKind({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  scope: "Namespaced",
  doc: "One state that the template of a workload was in, kept to go back to. It cannot be changed.",
  storage: { prefix: "/registry/controllerrevisions", hash: "85nkx63pcBU=" },
  schema: s.struct("apps/v1.ControllerRevision", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    data: s.raw(2, { doc: "The state, as its owner writes it." }),
    revision: s.int64(3, { required: true, doc: "Newer states have higher numbers." }),
  }),

  *validate({ data, revision }): Iterable<FieldError> {
    if (!data) yield required("data", "data is mandatory");
    yield* nonNegative("revision", revision);
  },
  validateUpdate: ({ data }, old): Iterable<FieldError> => immutable("data", data, old.data),

  columns: [
    nameColumn,
    { name: "Controller", type: "string", cell: ({ metadata }) => controllerOf(metadata) },
    { name: "Revision", type: "string", cell: ({ revision }) => revision },
    ageColumn,
  ],
});

export interface ControllerRevision extends ObjectOf<typeof ControllerRevision> {}

/** As in `daemonset.apps/agent`. */
function controllerOf({ ownerReferences = [] }: ObjectMeta): string {
  const owner = ownerReferences.find(({ controller }) => controller === true);
  if (!owner) return "<none>";
  const [group = ""] = owner.apiVersion.includes("/") ? owner.apiVersion.split("/") : [];
  const kind = owner.kind.toLowerCase();
  return `${group === "" ? kind : `${kind}.${group}`}/${owner.name}`;
}
