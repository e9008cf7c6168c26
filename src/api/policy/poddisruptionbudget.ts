import { atMost100Percent, nonNegativeIntOrPercent } from "#api/apps/int-or-percent.ts";
import { ageColumn, nameColumn } from "#api/columns.ts";
import { nonNegativeFields, validConditions, validLabelSelector } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { Condition } from "#api/meta/condition.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { child, invalid } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

/** upstream: pkg/apis/policy/validation/validation.go#ValidatePodDisruptionBudgetSpec */
export const PodDisruptionBudgetSpec = s.struct(
  "policy/v1.PodDisruptionBudgetSpec",
  {
    minAvailable: s.intOrString(1, {
      optional: true,
      doc: "How many of the pods must stay, as a number or a percentage.",
    }),
    selector: s.object(2, LabelSelector, {
      optional: true,
      patch: "replace",
      doc: "The pods it protects. Absent: none; empty: all of the namespace.",
    }),
    maxUnavailable: s.intOrString(3, {
      optional: true,
      doc: "How many of the pods may be missing, as a number or a percentage.",
    }),
    unhealthyPodEvictionPolicy: s.oneOf(4, ["AlwaysAllow", "IfHealthyBudget"], {
      optional: true,
      doc: "When pods that run but are not ready may be evicted.",
    }),
  },
  {
    *validate(spec, at) {
      if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
        yield invalid(at, spec, "minAvailable and maxUnavailable cannot be both set");
      }
      for (const name of ["minAvailable", "maxUnavailable"] as const) {
        const value = spec[name];
        if (value === undefined) continue;
        yield* nonNegativeIntOrPercent(child(at, name), value);
        yield* atMost100Percent(child(at, name), value);
      }
      yield* validLabelSelector(child(at, "selector"), spec.selector);
    },
  },
);

export interface PodDisruptionBudgetSpec extends ValueOf<typeof PodDisruptionBudgetSpec> {}

export const PodDisruptionBudgetStatus = s.struct("policy/v1.PodDisruptionBudgetStatus", {
  observedGeneration: s.int64(1),
  disruptedPods: s.map(2, "time", {
    doc: "Pods whose eviction was allowed, and when: they count as gone although they are seen.",
  }),
  disruptionsAllowed: s.int32(3, { always: true, doc: "How many pods may be evicted now." }),
  currentHealthy: s.int32(4, { always: true }),
  desiredHealthy: s.int32(5, { always: true }),
  expectedPods: s.int32(6, { always: true }),
  conditions: s.list(7, Condition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
});

export interface PodDisruptionBudgetStatus extends ValueOf<typeof PodDisruptionBudgetStatus> {}

export const PodDisruptionBudget = defineKind({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  plural: "poddisruptionbudgets",
  shortNames: ["pdb"],
  scope: "Namespaced",
  doc: "Limits how many pods of an application may be evicted at the same time, by draining nodes or scaling the cluster.",
  storage: { prefix: "/registry/poddisruptionbudgets", hash: "EVWiDmWqyJw=" },
  hasGeneration: true,
  needsResourceVersion: true,
  schema: s.struct("policy/v1.PodDisruptionBudget", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, PodDisruptionBudgetSpec),
    status: s.object(3, PodDisruptionBudgetStatus),
  }),

  status: {
    *validate({ status }) {
      yield* validConditions("status.conditions", status.conditions);
      yield* nonNegativeFields("status", status, [
        "disruptionsAllowed",
        "currentHealthy",
        "desiredHealthy",
        "expectedPods",
      ]);
    },
  },

  columns: [
    nameColumn,
    { name: "Min Available", type: "string", cell: ({ spec }) => shown(spec.minAvailable) },
    { name: "Max Unavailable", type: "string", cell: ({ spec }) => shown(spec.maxUnavailable) },
    {
      name: "Allowed Disruptions",
      type: "integer",
      cell: ({ status }) => status.disruptionsAllowed,
    },
    ageColumn,
  ],
});

export interface PodDisruptionBudget extends ObjectOf<typeof PodDisruptionBudget> {}

const shown = (value: number | string | undefined): string => String(value ?? "N/A");
