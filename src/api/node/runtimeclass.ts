import { ageColumn, nameColumn } from "#api/columns.ts";
import { Toleration } from "#api/core/affinity.ts";
import { oldNodeLabels } from "#api/core/node-label-warnings.ts";
import { validateContainerResources } from "#api/core/resource-validation.ts";
import { immutable } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { dnsLabel, invalidEach, validateLabels } from "#api/names.ts";
import { child, duplicate, type FieldError, index } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const Overhead = s.struct(
  "node/v1.Overhead",
  {
    podFixed: s.map(1, "quantity", {
      doc: "Resources that every pod of the class needs beyond those of its containers.",
    }),
  },
  {
    // exact: judged, and reported, as if these were the limits of a container.
    validate: ({ podFixed }, at): Iterable<FieldError> =>
      validateContainerResources({ limits: podFixed }, at),
  },
);

export interface Overhead extends ValueOf<typeof Overhead> {}

export const Scheduling = s.struct(
  "node/v1.Scheduling",
  {
    nodeSelector: s.map(1, "string", {
      mapType: "atomic",
      doc: "Labels of the nodes that have the runtime; added to the pod's own selector.",
    }),
    tolerations: s.list(2, Toleration, {
      listType: "atomic",
      doc: "Tolerations that the pods of the class get beside their own.",
    }),
  },
  {
    *validate({ nodeSelector, tolerations = [] }, at) {
      if (nodeSelector) yield* validateLabels(nodeSelector, child(at, "nodeSelector"));
      const seen = new Set<string>();
      for (const [i, toleration] of tolerations.entries()) {
        const { key, operator, value, effect } = toleration;
        const text = JSON.stringify([key, operator, value, effect]);
        if (seen.has(text)) yield duplicate(index(child(at, "tolerations"), i), toleration);
        seen.add(text);
      }
    },
  },
);

export interface Scheduling extends ValueOf<typeof Scheduling> {}

/** upstream: pkg/apis/node/validation/validation.go */
export const RuntimeClass = defineKind({
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  plural: "runtimeclasses",
  scope: "Cluster",
  doc: "Names a way to run containers that nodes are set up for (a sandbox, a virtual machine). Pods choose it with runtimeClassName.",
  storage: { prefix: "/registry/runtimeclasses", hash: "WQTu1GL3T2Q=" },
  needsResourceVersion: true,
  schema: s.struct("node/v1.RuntimeClass", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    handler: s.string(2, {
      required: true,
      doc: "What the container runtime of the nodes calls this configuration. It cannot be changed.",
    }),
    overhead: s.object(3, Overhead, { optional: true }),
    scheduling: s.object(4, Scheduling, {
      optional: true,
      doc: "Which nodes can run pods of the class. Absent: all of them.",
    }),
  }),

  *validate({ handler }) {
    yield* invalidEach("handler", handler, dnsLabel(handler));
  },

  /** upstream: pkg/api/node/util.go#GetWarningsForRuntimeClass */
  *warnings({ scheduling }) {
    for (const key of Object.keys(scheduling?.nodeSelector ?? {})) {
      const hint = oldNodeLabels[key];
      if (hint) yield `scheduling.nodeSelector: ${hint}`;
    }
  },

  *validateUpdate({ handler }, old) {
    yield* immutable("handler", handler, old.handler);
  },

  columns: [
    nameColumn,
    { name: "Handler", type: "string", cell: ({ handler }) => handler },
    ageColumn,
  ],
});

export interface RuntimeClass extends ObjectOf<typeof RuntimeClass> {}
